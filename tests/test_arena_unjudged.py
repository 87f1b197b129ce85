"""An arena whose recorded files lack answers or verdicts: it claims only what was judged."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from arenainstruct.runs.cli import app

Row = dict[str, Any]
BIRDS = ("owl", "jay", "tit")


def lines(path: Path, rows: list[Row]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def verdicts(questions: int, *, first_only: bool = False) -> list[Row]:
    """The earlier bird is the better one, mostly; both orders."""
    rng = random.Random(3)
    found = []
    for number in range(questions):
        for a in BIRDS:
            for b in BIRDS:
                if a == b or (first_only and a > b):
                    continue
                better = BIRDS.index(b) - BIRDS.index(a) + rng.gauss(0, 0.8) > 0
                winner = "model_a" if better else "model_b"
                found.append(
                    {"question_id": f"q{number}", "model_a": a, "model_b": b, "winner": winner}
                )
    return found


class Place:
    """A folder with prompts, answers of three models and a judge, all recorded."""

    def __init__(self, folder: Path, questions: int) -> None:
        self.folder = folder
        ids = [f"q{n}" for n in range(questions)]
        self.asked = [{"question_id": id, "instruction": f"Tell {id}."} for id in ids]
        self.answers: list[Row] = [
            {"question_id": id, "model": bird, "output": f"{bird} on {id}"}
            for id in ids
            for bird in BIRDS
        ]
        self.verdicts = verdicts(questions)

    def play(self, *more: str) -> Any:
        files = {bird: lines(self.folder / "answers.jsonl", self.answers) for bird in BIRDS}
        files["elk"] = lines(self.folder / "verdicts.jsonl", self.verdicts)
        models = {m: {"provider": "recorded", "model": m, "file": f} for m, f in files.items()}
        config = self.folder / "c.yaml"
        config.write_text(yaml.safe_dump({"models": models, "arena": {"verdict": "choice"}}))
        prompts = lines(self.folder / "prompts.jsonl", self.asked)
        command = ["arena", prompts, str(config), "--contenders", ",".join(BIRDS), "--jury", "elk"]
        command += ["--runs-dir", str(self.folder / "runs"), *more]
        return CliRunner().invoke(app, command, catch_exceptions=False)

    def told(self, *more: str) -> tuple[int, Any]:
        done = self.play(*more, "--json")
        return done.exit_code, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("questions", "matchmaking"),
    [(4, "round_robin"), (20, "round_robin"), (4, "swiss"), (4, "active"), (20, "active")],
)
def test_without_any_verdict_nothing_is_claimed(
    tmp_path: Path, questions: int, matchmaking: str
) -> None:
    place = Place(tmp_path, questions)
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
    place = Place(tmp_path, 4)
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


def test_what_was_not_judged_lowers_the_confidence(tmp_path: Path) -> None:
    place = Place(tmp_path, 12)
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
    place = Place(tmp_path, 12)
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


@pytest.mark.parametrize("more", [(), ("--confidence", "0.9")])
def test_a_contender_without_answers_is_not_ranked(tmp_path: Path, more: tuple[str, ...]) -> None:
    place = Place(tmp_path, 40)
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
    place = Place(tmp_path, 12)
    place.verdicts = verdicts(12, first_only=True)
    status, found = place.told()
    assert status == 3 and found["counts"]["games"] == 36 and found["counts"]["battles"] == 0
    kinds = {(kind["stage"], kind["reason"]): kind for kind in found["unjudged"]["reasons"]}
    assert kinds["battle", "judge"]["count"] == 36
    assert "no juror judged both orders" in kinds["battle", "judge"]["first"]


def test_games_of_an_arena_hold_their_lengths(tmp_path: Path) -> None:
    place = Place(tmp_path, 12)
    rng = random.Random(4)
    place.answers = [row | {"output": "a" * rng.randrange(5, 500)} for row in place.answers]
    _, found = place.told()
    for part in ("", "/dataset/games"):
        done = CliRunner().invoke(
            app,
            ["leaderboard", found["path"] + part, "--control", "length", "--json"],
            catch_exceptions=False,
        )
        assert json.loads(done.stdout)["control"]["coefficients"]["len"] != 0


def test_a_few_lucky_battles_end_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path, 30)
    status, found = place.told("--matchmaking", "active", "--confidence", "0.5")
    assert status == 0
    assert all(row["battles"] >= 2 * 10 for row in found["models"]), "both orders of ten battles"
