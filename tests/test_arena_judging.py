"""How `arenainstruct arena` judges: cascades that count no less, joined jurors, starts that agree.

Where recorded files lack answers or verdicts, it claims only what was judged.
"""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from arenainstruct.runs.cli import app
from tests.birds import Birds
from tests.boards import Row, board

BIRDS = ("owl", "jay", "tit")
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("questions", "matchmaking"),
    [(4, "round_robin"), (20, "round_robin"), (4, "swiss"), (4, "active"), (20, "active")],
)
def test_without_any_verdict_nothing_is_claimed(
    tmp_path: Path, questions: int, matchmaking: str
) -> None:
    place = Birds(tmp_path, BIRDS, questions)
    place.verdicts = [row | {"question_id": "another"} for row in place.verdicts]
    status, found = place.told("--matchmaking", matchmaking)
    assert status == 3 and found["status"] == "stopped: judging"
    assert "battles that were tried got a verdict" in found["reason"]
    assert found["order"] == found["models"] == found["doubts"] == []
    assert found["confidence"] is None and found["unranked"] == list(BIRDS)
    tried = found["design"]["played"]
    assert found["unjudged"]["battles"] == tried and found["design"]["judged"] == 0
    games, battles = found["unjudged"]["reasons"]
    assert (games["stage"], games["reason"], games["count"]) == ("judge", "model", 2 * tried)
    assert "has no verdict about q" in games["first"]
    assert (battles["stage"], battles["count"]) == ("battle", tried)


def test_a_reader_is_told_why_no_battle_was_judged(tmp_path: Path) -> None:
    place = Birds(tmp_path, BIRDS, 4)
    place.answers = [row | {"question_id": "\x1b[31mother"} for row in place.answers]
    done = place.play()
    assert done.exit_code == 3
    assert "12 of 12 battles got no verdict" in done.stdout
    assert "failed: 12 answer/model, the first: " in done.stdout
    assert "has no answer of" in done.stdout
    assert "Order: none, since no game was judged" in done.stdout
    assert "probability" not in done.stdout and "were played" not in done.output
    assert "stopped: judging: none of the 12 battles" in done.stderr
    assert "failed: 12 answer/model" in place.play("--json").stderr


@pytest.mark.slow
def test_what_was_not_judged_lowers_the_confidence(tmp_path: Path) -> None:
    place = Birds(tmp_path, BIRDS, 12)
    _, whole = place.told("--run-id", "whole-1")
    assert whole["confidence"] > 0.99 and whole["unjudged"] == {"battles": 0, "reasons": []}
    place.verdicts = [row for row in place.verdicts if row["question_id"] in ("q0", "q1")]
    status, found = place.told("--run-id", "part-1")
    assert status == 0 and found["status"] == "completed"
    assert found["reason"] == "all 36 battles were tried, 30 of them without a verdict"
    assert found["unjudged"]["battles"] == 30 and found["design"]["judged"] == 6
    assert found["confidence"] < 0.9
    shown = place.play("--run-id", "part-1").stdout
    assert "30 of 36 battles got no verdict" in shown and "with a probability of" in shown


def test_failed_battles_cost_a_contender_no_place(tmp_path: Path) -> None:
    place = Birds(tmp_path, BIRDS, 12)
    # The best one is judged on few questions only, and wins there.
    place.verdicts = [
        row
        for row in place.verdicts
        if "owl" not in (row["model_a"], row["model_b"]) or int(row["question_id"][1:]) < 4
    ]
    _, found = place.told()
    assert found["order"] == list(BIRDS) and found["unjudged"]["battles"] == 16
    rated = sorted(found["models"], key=lambda row: -row["rating"])
    assert [row["model"] for row in rated] == list(BIRDS)


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--confidence", "0.9")])
def test_a_contender_without_answers_is_not_ranked(tmp_path: Path, more: tuple[str, ...]) -> None:
    place = Birds(tmp_path, BIRDS, 40)
    kept = [row for row in place.answers if row["model"] != "jay"]
    place.answers = [*kept, {"question_id": "other", "model": "jay", "output": "Jay."}]
    status, found = place.told("--run-id", "two-1", *more)
    assert status == 0
    assert found["order"] == ["owl", "tit"] and found["unranked"] == ["jay"]
    assert [row["model"] for row in found["models"]] == ["owl", "tit"]
    assert found["confidence"] > 0.9 and len(found["doubts"]) == 1
    if more:  # it does not play everything for the sake of one that never answers
        assert found["design"]["played"] < found["design"]["battles"]
    shown = place.play("--run-id", "two-1", *more).stdout
    assert "Order: owl > tit" in shown and "without jay: no game of theirs was judged" in shown


def test_one_order_alone_is_no_verdict(tmp_path: Path) -> None:
    place = Birds(tmp_path, BIRDS, 12)
    place.verdicts = [row for row in place.verdicts if row["model_a"] < row["model_b"]]
    status, found = place.told()
    assert status == 3 and found["counts"]["games"] == 36 and found["counts"]["battles"] == 0
    kinds = {(kind["stage"], kind["reason"]): kind for kind in found["unjudged"]["reasons"]}
    assert kinds["battle", "judge"]["count"] == 36
    assert "no juror judged both orders" in kinds["battle", "judge"]["first"]


def test_games_of_an_arena_hold_their_lengths(tmp_path: Path) -> None:
    place = Birds(tmp_path, BIRDS, 12)
    rng = random.Random(4)
    place.answers = [row | {"output": "a" * rng.randrange(5, 500)} for row in place.answers]
    _, found = place.told()
    for part in ("", "/dataset/games"):
        rated = board(found["path"] + part, "--control", "length")
        assert rated["control"]["coefficients"]["len"] != 0


def test_a_few_lucky_battles_end_nothing(tmp_path: Path) -> None:
    place = Birds(tmp_path, BIRDS, 30)
    status, found = place.told("--matchmaking", "active", "--confidence", "0.5")
    assert status == 0
    assert all(row["battles"] >= 2 * 10 for row in found["models"]), "both orders of ten battles"
