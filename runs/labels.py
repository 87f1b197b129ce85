"""A person's verdicts on battles, kept beside the run in the form that `audit --labels` reads."""

import os
from pathlib import Path
from typing import Any

import orjson

from ..agents.errors import UserError
from .folder import RunFolder

LABELS = "labels.jsonl"


def labels_file(folder: RunFolder) -> Path:
    """Return where a run's labels are."""
    return folder.path / LABELS


def labels(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """Return the labels by battle; the last word on each counts.

    Raises:
        UserError: somebody edited the file, and a line of it is no label.
    """
    path, found = labels_file(folder), dict[str, dict[str, Any]]()
    lines = path.read_bytes().splitlines() if path.is_file() else []
    for number, line in enumerate(lines, 1):
        try:
            row = orjson.loads(line)
            found[row["battle"]] = row
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            told = line[:80].decode(errors="replace")
            raise UserError(
                f"{path}, line {number}: {told!r} is no label of a battle; mend the line or remove it"
            ) from error
    return found


def label(folder: RunFolder, battle: dict[str, Any], winner: str) -> None:
    """Write down a person's verdict on a battle; an empty one takes it back.

    The file is written anew each time, so that it holds one line a battle.
    """
    kept = labels(folder)
    kept.pop(battle["id"], None)
    if winner:
        kept[battle["id"]] = {
            "question_id": battle["question_id"] or battle["instruction_id"],
            "model_a": battle["model_a"],
            "model_b": battle["model_b"],
            "winner": winner,
            "battle": battle["id"],
            "jury": battle["winner"],
        }
    path = labels_file(folder)
    part = path.with_suffix(".part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.writelines(orjson.dumps(row) + b"\n" for row in kept.values())
    os.replace(part, path)
