"""How `arenainstruct arena` judges: cascades that count no less, joined jurors, starts that agree."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from arenainstruct.runs.cli import app

Row = dict[str, Any]
MODELS: dict[str, Row] = {
    **{name: {"provider": "offline", "model": name} for name in ("strong", "medium", "weak")},
    **{
        f"j{n}": {"provider": "offline", "model": "judge", "noise": n, "salt": n} for n in (1, 2, 3)
    },
}
TEXT = (
    "The lighthouse on Gull Rock was built in 1862 by Ada Holm. Its lamp burned whale oil until 1911, "
    "when the town paid for a dynamo. A storm broke the eastern wall in 1934."
)
ASKED = ("When was it built?", "Who built it?", "What did the lamp burn?", "What broke the wall?")


class Place:
    """A folder with prompts and a config of embedded models."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rows = [{"id": f"q{n}", "prompt": f"{TEXT}\n\n{ASKED[n % 4]}"} for n in range(12)]
        (folder / "p.jsonl").write_text("\n".join(map(json.dumps, rows)))

    def play(self, *more: str, run: str = "a-1", **arena: Any) -> tuple[int, Any, str]:
        config = {
            "models": MODELS,
            "contenders": ["strong", "medium", "weak"],
            "jury": ["j1", "j2", "j3"],
            "arena": arena,
        }
        path = self.folder / "c.yaml"
        path.write_text(yaml.safe_dump(config))
        command = ["arena", str(self.folder / "p.jsonl"), str(path), "--json", "--run-id", run]
        command += ["--runs-dir", str(self.folder / "runs"), *more]
        done = CliRunner().invoke(app, command)
        told = json.loads(done.stdout.splitlines()[-1]) if done.stdout else None
        return done.exit_code, told, str(done.exception)

    def rows(self, config: str, run: str = "a-1") -> list[Row]:
        path = self.folder / "runs" / run / "dataset" / config / "train.parquet"
        rows: list[Row] = pq.read_table(path).to_pylist()
        return rows


def test_a_battle_that_a_cascade_spared_counts_no_less(tmp_path: Path) -> None:
    place = Place(tmp_path)
    cascade = {"first": 1, "margin": 5.0, "audited": 0.1}
    status, told, _ = place.play(cascade=cascade)
    assert status == 0
    weight: dict[tuple[str, frozenset[str]], float] = {}
    for game in place.rows("games"):
        key = (game["question_id"], frozenset((game["model_a"], game["model_b"])))
        weight[key] = weight.get(key, 0.0) + game["weight"]
    assert {round(total, 9) for total in weight.values()} == {6.0}
    found = told["cascade"]
    assert 0 < found["covered"] < found["battles"]
    spared = {b["cascade"] for b in place.rows("battles")}
    assert {"sure", "unsure"} <= spared


@pytest.mark.parametrize("how", ["majority", "median", "judge_aware"])
def test_joined_jurors_make_the_order(tmp_path: Path, how: str) -> None:
    status, told, _ = Place(tmp_path).play(aggregation=how)
    assert status == 0 and told["aggregate"] == how
    best_first = sorted(told["models"], key=lambda row: -row["rating"])
    assert told["order"] == [row["model"] for row in best_first]
    assert told["confidence"] is None


def test_a_confidence_is_known_by_games_alone(tmp_path: Path) -> None:
    status, _, why = Place(tmp_path).play("--confidence", "0.9", aggregation="median")
    assert status and "arena.aggregation" in why and "--confidence" in why


def test_another_way_to_judge_wants_another_id(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.play(verdict="score")[0] == 0
    assert place.play(verdict="score")[0] == 0
    status, _, why = place.play(verdict="choice")
    assert status and "arena.verdict: score → choice" in why
