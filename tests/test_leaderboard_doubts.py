"""What a leaderboard must not claim: order from one question, style from models, broken instructions."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.boards import Row, board, refused, said, write

BIRDS = ("owl", "jay", "tit")


def shown(*arguments: str) -> str:
    return " ".join(said("leaderboard", *arguments).split())


def battles(questions: int, **more: Any) -> list[Row]:
    """All pairs on every question; the earlier bird wins three of four."""
    pairs = [(a, b) for at, a in enumerate(BIRDS) for b in BIRDS[at + 1 :]]
    return [
        {"question_id": f"q{n}", "model_a": a, "model_b": b}
        | {"winner": "model_b" if (n + at) % 4 == 0 else "model_a"}
        | more
        for n in range(questions)
        for at, (a, b) in enumerate(pairs)
    ]


@pytest.mark.parametrize("intervals", ["bootstrap", "sandwich"])
def test_one_question_gives_no_interval_and_tells_nothing_apart(
    tmp_path: Path, intervals: str
) -> None:
    path = write(tmp_path, "b.jsonl", battles(1)[1:2])
    found = board(path, "--intervals", intervals)
    assert [(row["low"], row["high"]) for row in found["models"]] == [(None, None)] * 2
    assert found["models"][0]["rating"] > found["models"][1]["rating"]
    assert found["separability"] == 0 and found["win_rates"] == {}
    assert found["intervals"]["too_few_questions"]
    assert any("on one question" in note for note in found["notes"])
    assert "unknown" in shown(path, "--intervals", intervals)


@pytest.mark.parametrize("intervals", ["bootstrap", "sandwich"])
def test_questions_that_are_all_alike_tell_nothing_of_others(
    tmp_path: Path, intervals: str
) -> None:
    rows = [row | {"winner": "tie"} for row in battles(12)]
    path = write(tmp_path, "b.jsonl", rows)
    found = board(path, "--intervals", intervals)
    assert [(row["low"], row["high"]) for row in found["models"]] == [(None, None)] * 3
    assert found["separability"] == 0
    assert "1000 unknown" in shown(path, "--intervals", intervals)
    held = board(path, "--anchor", "jay=1200", "--intervals", intervals)
    assert [row["low"] for row in held["models"] if row["model"] == "jay"] == [1200.0]


def test_names_that_case_alone_tells_apart_are_told(tmp_path: Path) -> None:
    rows = battles(12)
    rows[0] |= {"model_a": "Owl"}
    path = write(tmp_path, "b.jsonl", rows)
    told = "Owl, owl: rated as 2 models"
    assert told in shown(path) and "36 battles on 12 questions" in shown(path)
    assert [one["kind"] for one in board(path)["warnings"]].count("spelled") == 1


def test_few_questions_are_said_and_tell_nothing_apart(tmp_path: Path) -> None:
    rows = [row | {"winner": "model_a"} for row in battles(9)]
    few = board(write(tmp_path, "b.jsonl", rows))
    assert few["separability"] == 0 and few["models"][0]["low"] > few["models"][1]["high"]
    assert any("Intervals by 9 questions are too narrow" in note for note in few["notes"])
    enough = board(write(tmp_path, "b.jsonl", [row | {"winner": "model_a"} for row in battles(10)]))
    assert enough["separability"] == 1 and not enough["intervals"]["too_few_questions"]
    # Rows without weight are no evidence.
    light = [row | {"weight": float(row["question_id"] == "q0")} for row in battles(30)]
    assert board(write(tmp_path, "b.jsonl", light))["models"][0]["low"] is None


def test_few_questions_of_a_part_are_said_beside_it(tmp_path: Path) -> None:
    rows = battles(12, topic="wide") + battles(1, topic="thin")
    path = write(tmp_path, "b.jsonl", rows)
    found = board(path, "--by", "topic")["by"]
    assert found["thin"]["models"][0]["low"] is None
    assert found["wide"]["models"][0]["low"] is not None
    assert "topic = thin: 3 battles, " in shown(path, "--by", "topic")
    assert "too few questions to tell models apart (1)" in shown(path, "--by", "topic")


def test_a_bootstrap_too_short_for_intervals_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "b.jsonl", battles(12))
    for rounds in ("-1", "1", "19"):
        said = refused("leaderboard", path, "--rounds", rounds)
        assert f"--rounds {rounds}: intervals take at least 20 resamples" in said
    for row in board(path, "--rounds", "20")["models"]:
        assert row["low"] <= row["rating"] <= row["high"]
    assert board(path, "--rounds", "1", "--intervals", "sandwich")["models"][0]["low"] is not None


LENGTHS = {"owl": 300, "jay": 200, "tit": 100}


def sized(rows: list[Row], lengths: Any) -> list[Row]:
    return [
        row | {f"len_{side}": lengths(row, row[f"model_{side}"]) for side in "ab"} for row in rows
    ]


def test_lengths_that_follow_from_the_models_cannot_be_held_equal(tmp_path: Path) -> None:
    two = [row for row in battles(12) if {row["model_a"], row["model_b"]} == {"owl", "jay"}]
    path = write(tmp_path, "b.jsonl", sized(two, lambda row, model: LENGTHS[model]))
    said = refused("leaderboard", path, "--control", "length")
    assert said.startswith(path) and "len follows wholly from which models play" in said
    assert "leave --control out" in said
    fixed = board(
        write(tmp_path, "b.jsonl", sized(battles(12), lambda row, model: LENGTHS[model])),
        "--control",
        "length",
    )
    assert 0 < fixed["control"]["own_variation"]["len"] < 0.1
    assert any("can hardly be told from the ratings" in note for note in fixed["notes"])
    parts = [row | {"topic": "two" if row in two else "rest"} for row in battles(12)]
    path = write(tmp_path, "b.jsonl", sized(parts, lambda row, model: LENGTHS[model]))
    assert "len hardly told from the models" in shown(path, "--control", "length", "--by", "topic")
    free = sized(battles(12), lambda row, model: 50 + hash_of(row["question_id"] + model))
    found = board(write(tmp_path, "b.jsonl", free), "--control", "length")
    assert found["control"]["own_variation"]["len"] > 0.5
    assert not any("can hardly be told" in note for note in found["notes"])


def hash_of(text: str) -> int:
    return sum(ord(letter) ** 3 for letter in text) % 400


def test_no_weight_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "b.jsonl", battles(2, weight=0))
    for how in ("games", "majority", "judge_aware"):
        assert refused("leaderboard", path, "--aggregate", how).startswith(
            f"{path}: no battle has a weight above 0"
        )


@pytest.mark.parametrize("column", ["judge", "topic"])
def test_control_characters_never_reach_a_terminal(tmp_path: Path, column: str) -> None:
    rows = battles(12, judge="elk", topic="odd")
    rows[4][column] = "\x1b[31mred"
    path = write(tmp_path, "b.jsonl", rows)
    said = refused("leaderboard", path, "--by", "topic")
    assert f"row 5 (the first line is row 1): {column} is '\\x1b[31mred'" in said
    assert "\x1b" not in said
    assert board(path, "--by", "topic", "--on-error", "drop")["dropped"]["by_reason"] == {
        f"unprintable {column}": 1
    }


def games(winner: str) -> list[Row]:
    """Return what one juror says of a battle in both orders."""
    a, b = (7.0, 5.0) if winner == "model_a" else (5.0, 7.0)
    sides = ("model_a", "model_b")
    return [{"juror": "elk", "shown_first": side, "score_a": a, "score_b": b} for side in sides]


def run_of(folder: Path, rows: list[Row]) -> str:
    """Write battles where a run keeps them."""
    (folder / "dataset/battles").mkdir(parents=True)
    plain: Row = {"disputed": False, "outcome": "won"}
    table = pa.Table.from_pylist([plain | {"games": games(row["winner"])} | row for row in rows])
    pq.write_table(table, folder / "dataset/battles/train.parquet")
    return str(folder)


def test_a_juror_with_control_characters_is_refused(tmp_path: Path) -> None:
    rows = battles(2)
    one, two = games("model_a")
    rows[1]["games"] = [one, two | {"juror": "e\x1b]0;lk"}]
    said = refused("leaderboard", run_of(tmp_path / "r", rows))
    assert "row 2 (the first row is row 1): games is [" in said and "\x1b" not in said


def test_battles_of_broken_instructions_rate_nobody(tmp_path: Path) -> None:
    rows = battles(12)
    broken = [{**row, "question_id": "z", "outcome": "broken"} for row in rows[:3]]
    broken[0]["disputed"] = True
    run = run_of(tmp_path / "r", rows + broken)
    found = board(run)
    assert (found["battles"], found["broken"]) == (36, 3)
    assert found["models"] == board(run_of(tmp_path / "plain", rows))["models"]
    assert "Left out 3 battles of instructions that the run found broken" in shown(run)
    aware = board(run, "--aggregate", "judge_aware")
    assert aware["battles"] == 36
    assert aware["judges"][0]["battles"] == 72  # both orders; no game of a broken instruction
    only = run_of(tmp_path / "only", broken)
    assert "no battles to rate; 3 broken instructions" in refused("leaderboard", only)


def test_the_answers_of_a_run_are_measured(tmp_path: Path) -> None:
    rows = sized(battles(40), lambda row, model: 1 + hash_of(row["question_id"] + model) % 90)
    told = board(write(tmp_path, "b.jsonl", rows), "--control", "length")
    answers = [
        {"answer_a": "ä" * row.pop("len_a"), "answer_b": "o" * row.pop("len_b")} | row
        for row in rows
    ]
    run = run_of(tmp_path / "r", answers)
    for control in ("length", "style"):
        found = board(run, "--control", control)
        for one, other in zip(found["models"], told["models"], strict=True):
            assert one == pytest.approx(other)
        assert found["control"]["coefficients"] == pytest.approx(told["control"]["coefficients"])
    assert any("characters of answer_a and answer_b" in note for note in found["notes"])
    assert (
        board(write(tmp_path, "b.jsonl", answers), "--control", "length")["models"]
        == told["models"]
    )
    answers[3]["answer_b"] = None
    said = refused("leaderboard", write(tmp_path, "b.jsonl", answers), "--control", "length")
    assert "row 4 (the first line is row 1): len_b is missing" in said
