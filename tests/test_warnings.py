"""What makes a board say less than it seems to is told first: order shown, opponents, few questions."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.tools.ratings.exposure import carried_by
from arenainstruct.tools.ratings.fit import rate
from arenainstruct.tools.ratings.table import BattleTable
from tests.boards import MODELS, Row, battle, board, rounds, said, told, write


def kinds(found: Any) -> list[str]:
    return [warning["kind"] for warning in found["warnings"]]


def test_one_order_only_is_the_first_thing_said(tmp_path: Path) -> None:
    both = rounds()
    assert board(write(tmp_path, "both.csv", both))["warnings"] == []
    one = [row for row in both if row["model_a"] < row["model_b"]]
    path = write(tmp_path, "one.csv", one)
    found = board(path)
    assert kinds(found)[0] == "one_order" and found["position"]["balanced"] == 0
    assert said("leaderboard", path).startswith("Warning: Pairs were shown in one order only")
    audited = told("audit", path)
    assert kinds(audited)[0] == "one_order"
    assert said("audit", path).startswith("Warning: Pairs were shown in one order only")
    # A model that always stands first is named, and so is one that never does.
    leaning = next(w["words"] for w in found["warnings"] if w["kind"] == "leaning")
    assert "ant (100%)" in leaning and "dog (0%)" in leaning and "bee" not in leaning


def test_the_recorded_tournament_in_one_order(shared: Path, tmp_path: Path) -> None:
    text = gzip.decompress((shared / "data/battles/qlora_vicuna_battles.csv.gz").read_bytes())
    rows = [row for row in csv.DictReader(io.StringIO(text.decode())) if row["winner"] != "error"]
    one = [row for row in rows if row["model_a"] < row["model_b"]]
    assert kinds(board(write(tmp_path, "both.csv", rows))) == []
    assert "one_order" in kinds(board(write(tmp_path, "one.csv", one)))


def test_an_order_drawn_by_chance_is_fine(tmp_path: Path) -> None:
    rows = [
        battle(q, *((a, b) if (q * 7 + i * 3 + j * 5) % 11 % 2 else (b, a)), "tie")
        for q in range(40)
        for i, a in enumerate(MODELS)
        for j, b in enumerate(MODELS)
        if i < j
    ]
    assert "one_order" not in kinds(board(write(tmp_path, "b.csv", rows)))


def test_few_opponents_are_named(tmp_path: Path) -> None:
    names = [f"m{n}" for n in range(7)]
    rows = [
        battle(q, a, b, "model_a" if (q + i) % 3 else "model_b")
        for q in range(12)
        for i, a in enumerate(names)
        for b in names
        if a != b and ("m6" not in (a, b) or "m0" in (a, b))
    ]
    words = [w["words"] for w in board(write(tmp_path, "b.csv", rows))["warnings"]]
    assert len(words) == 1 and "Met few opponents: m6 (1)" in words[0]
    starred = [row for row in rows if "m0" in (row["model_a"], row["model_b"])]
    (found,) = board(write(tmp_path, "star.csv", starred))["warnings"]
    assert found["kind"] == "few_opponents" and "All battles are with m0" in found["words"]


def test_few_questions_that_carry_the_result_are_told(tmp_path: Path) -> None:
    heavy = [row | {"weight": 100 if row["question_id"] == "q3" else 1} for row in rounds()]
    found = board(write(tmp_path, "b.csv", heavy))
    assert "uneven_questions" in kinds(found) and found["effective_questions"] < 2
    # Of 40 questions two are won by ant, each judged often; two by bee, each judged once an order.
    rows = [
        battle(
            q,
            *sides,
            "tie" if q > 3 else "model_a" if (sides[0] == "ant") == (q < 2) else "model_b",
        )
        for q in range(40)
        for sides in (("ant", "bee"), ("bee", "ant"))
        for _ in range(1 if q > 1 else 4)
    ]
    table = BattleTable.from_rows(
        (row["question_id"], row["model_a"], row["model_b"], row["winner"], 1.0) for row in rows
    )
    fit = rate(table)
    ahead = fit.models.index("ant")
    assert carried_by(table, fit, ahead, 1 - ahead) == 2
    assert carried_by(table, fit, 1 - ahead, ahead) is None
    even = BattleTable.from_rows(
        (f"q{q}", "ant", "bee", "model_a" if q % 4 else "model_b", 1.0) for q in range(40)
    )
    assert carried_by(even, rate(even), 0, 1) is None


@pytest.mark.parametrize("weight", [1, 5])
def test_position_is_told_by_verdict_and_by_weight(tmp_path: Path, weight: int) -> None:
    rows = [row | {"weight": weight if row["winner"] == "model_a" else 1} for row in rounds()]
    path = write(tmp_path, "b.csv", rows)
    place, first = board(path)["position"], sum(row["winner"] == "model_a" for row in rows)
    assert place["by_verdict"]["first"] == pytest.approx(first / len(rows))
    assert place["first"] == pytest.approx(first * weight / (first * weight + len(rows) - first))
    assert place["by_verdict"] == pytest.approx(
        {name: told("audit", path)["position"][name] for name in place["by_verdict"]}
    )
    assert ("By the weight of the rows" in " ".join(said("leaderboard", path).split())) == (
        weight > 1
    )


def graded(count: int = 400) -> list[Row]:
    """Graded verdicts, from 1 for model_a to 2 for model_b, with their winners."""
    verdicts = [1 + (n * 37 % 100) / 100 for n in range(count)]
    return [
        battle(n // 2, "ant", "bee", "tie" if v == 1.5 else "model_a" if v < 1.5 else "model_b")
        | {"verdict": v}
        for n, v in enumerate(verdicts)
    ]


def test_a_row_of_another_kind_changes_no_other_row(tmp_path: Path) -> None:
    rows = graded()
    plain = board(write(tmp_path, "b.csv", rows))
    assert plain["reinterpreted"]["rows"] == 0
    more = [
        battle(900, "ant", "bee", "tie", verdict=0),
        battle(901, "ant", "bee", "tie", verdict=""),
        battle(902, "ant", "bee", "model_a", verdict=1.9),
        battle(903, "ant", "bee", "model_b", verdict=7),
    ]
    found = board(write(tmp_path, "mixed.csv", rows + more))
    assert found["reinterpreted"] == {
        "rows": 4,
        "by_rule": {
            "a verdict of 0 as a tie": 1,
            "graded against the winner, by the winner": 1,
            "graded out of 1 to 2, by the winner": 1,
            "without a grade, by the winner": 1,
        },
    }
    assert any("Read 4 rows by another rule" in note for note in found["notes"])
    assert found["models"][0]["rating"] == pytest.approx(plain["models"][0]["rating"], abs=1)
    codes = [
        row | {"verdict": {"model_a": 1, "model_b": 2, "tie": 3}[row["winner"]]} for row in rows
    ]
    assert board(write(tmp_path, "codes.csv", codes))["reinterpreted"]["rows"] == 0
    half = [
        row | {"preference": "" if n == 3 else 2 - row["verdict"]} for n, row in enumerate(rows)
    ]
    half = [row | {"winner": ""} if row["preference"] != "" else row for row in half]
    told_so = board(write(tmp_path, "half.csv", half))["reinterpreted"]["by_rule"]
    assert told_so == {"without a preference, by the winner": 1}
    even = [
        battle(n, "ant", "bee", "model_a" if n % 2 else "tie", preference=0.5) for n in range(8)
    ]
    (how,) = board(write(tmp_path, "even.csv", even))["reinterpreted"]["by_rule"].items()
    assert how == (
        "by the preference, which is even where the winner is not, or the other way round",
        4,
    )


def test_a_file_given_twice_is_read_once_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    copy = write(tmp_path, "copy.csv", rounds())
    once = board(path)
    for second in (path, copy):
        found = board(path, second)
        assert found["models"] == once["models"] and found["battles"] == once["battles"]
        assert kinds(found) == ["given_twice"] and found["given_twice"] == {second: path}
        assert told("audit", path, second)["games"] == once["battles"]
        assert kinds(told("audit", path, second)) == ["given_twice"]
    assert "is given twice: it is read once" in said("leaderboard", path, path)
    assert "holds the same bytes as" in said("audit", path, copy)


def test_a_judge_that_goes_by_the_place_is_told(tmp_path: Path) -> None:
    def swapped(steady: int) -> list[Row]:
        return [
            battle(n, a, b, "model_a" if a == "ant" or n >= steady else "model_b")
            for n in range(40)
            for a, b in (("ant", "bee"), ("bee", "ant"))
        ]

    found = board(write(tmp_path, "b.csv", swapped(10)))
    assert kinds(found) == ["flips"] and "on 75% of 40 pairs" in found["warnings"][0]["words"]
    assert "flips" not in kinds(board(write(tmp_path, "c.csv", swapped(30))))


def test_rows_that_stand_in_two_files_are_told(tmp_path: Path) -> None:
    """Written another way, a file is no copy of its bytes; two judges' files are no copies at all."""
    rows = rounds()
    files = [write(tmp_path, "b.csv", rows), write(tmp_path, "b.jsonl", rows[:100])]
    for command in ("leaderboard", "audit"):
        (doubt,) = told(command, *files)["warnings"]
        assert doubt["kind"] == "repeated" and doubt["words"].startswith("100 rows have")
        assert "name the judge of each in a column judge" in doubt["words"]
    named = [
        write(tmp_path, f"{judge}.jsonl", [row | {"judge": judge} for row in rows])
        for judge in ("owl", "jay")
    ]
    assert not told("leaderboard", *named)["warnings"] and not told("audit", *named)["warnings"]
    halves = [write(tmp_path, "1.csv", rows[:70]), write(tmp_path, "2.csv", rows[70:])]
    assert not told("leaderboard", *halves)["warnings"]


def test_rows_that_stand_twice_in_one_file_are_told(tmp_path: Path) -> None:
    rows = rounds()
    path = write(tmp_path, "b.csv", [*rows, *rows[:90]])
    for command in ("leaderboard", "audit"):
        (doubt,) = told(command, path)["warnings"]
        assert doubt["kind"] == "copies" and doubt["words"].startswith("90 rows say")
    turned = [row | {"winner": "model_a" if row["winner"] == "tie" else "tie"} for row in rows]
    assert not told("leaderboard", write(tmp_path, "votes.csv", [*rows, *turned]))["warnings"]
