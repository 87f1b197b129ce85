"""Tables of battles as files, and what the commands that read them say."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from arenainstruct.agents.errors import UserError
from arenainstruct.runs.cli import app

Row = dict[str, Any]
MODELS = ("ant", "bee", "cat", "dog")


def battle(question: int | str, a: str, b: str, winner: Any, **more: Any) -> Row:
    return {"question_id": f"q{question}", "model_a": a, "model_b": b, "winner": winner, **more}


def rounds(count: int = 12) -> list[Row]:
    """Every ordered pair on some questions; the earlier name wins more, never always."""
    rows = []
    for question in range(count):
        for i, a in enumerate(MODELS):
            for j, b in enumerate(MODELS):
                if i != j:
                    upset = (question + 2 * i + j) % 4 == 0
                    winner = "model_a" if (i < j) != upset else "model_b"
                    if (question + i + j) % 7 == 0:
                        winner = "tie"
                    rows.append(battle(question, a, b, winner))
    return rows


def csv(rows: list[Row]) -> str:
    lines = [",".join(rows[0]), *(",".join(str(row[name]) for name in rows[0]) for row in rows)]
    return "\n".join(lines) + "\n"


def jsonl(rows: list[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def kept(folder: Path, name: str, data: str | bytes) -> str:
    """Write a file as it is, and return its path."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def write(folder: Path, name: str, rows: list[Row]) -> str:
    """Write rows in the format that a file's name tells, and return its path."""
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), folder / name)
        return str(folder / name)
    text = (csv(rows) if ".csv" in name else jsonl(rows)).encode()
    return kept(folder, name, gzip.compress(text) if name.endswith(".gz") else text)


def said(*arguments: str) -> str:
    """Return what a command shows its reader."""
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def told(*arguments: str) -> Any:
    """Return what a command tells a program."""
    return json.loads(said(*arguments, "--json"))


def board(*arguments: str) -> Any:
    return told("leaderboard", *arguments)


def refused(*arguments: str) -> str:
    """Return why a command refuses what it is given."""
    with pytest.raises(UserError) as caught:
        told(*arguments)
    return str(caught.value)


def ratings(found: Any) -> dict[str, float]:
    return {row["model"]: row["rating"] for row in found["models"]}
