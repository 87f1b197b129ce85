"""The command `leaderboard` on battles of several judges, and on those that a run keeps."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from arenainstruct.runs.cli import app
from tests.boards import MODELS, Row, battle, board, ratings, refused, rounds, write
from tests.test_run_ratings import battle as decided
from tests.test_run_ratings import games, run_of


def judged(count: int = 12) -> list[Row]:
    """Three judges of the same battles: two see who won, one mostly names the place shown first."""
    return [
        row | {"judge": judge, "winner": won}
        for at, row in enumerate(rounds(count))
        for judge, won in (
            ("owl", row["winner"]),
            ("elk", "tie" if at % 5 == 0 else row["winner"]),
            ("fox", "model_a" if at % 9 else "model_b"),
        )
    ]


def test_judge_aware_ratings_tell_what_each_judge_is_worth(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", judged())
    found = board(path, "--aggregate", "judge_aware", "--rounds", "20", "--anchor", "bee=1100")
    assert found["aggregate"] == "judge_aware" and ratings(found)["bee"] == 1100
    assert [row["model"] for row in found["models"]] == list(MODELS)
    judges = {row["judge"]: row for row in found["judges"]}
    assert list(judges) == ["elk", "fox", "owl"]
    assert judges["fox"]["position_bias"] > 1 > abs(judges["owl"]["position_bias"])
    assert judges["elk"]["tie_bias"] > judges["owl"]["tie_bias"] > judges["fox"]["tie_bias"]
    assert judges["fox"]["discrimination"] < judges["owl"]["discrimination"]
    for row in judges.values():
        assert row["battles"] == 144
        assert row["low"]["discrimination"] <= row["discrimination"]
        assert row["discrimination"] <= row["high"]["discrimination"]
    shown = CliRunner().invoke(app, ["leaderboard", path, "--aggregate", "judge_aware"]).stdout
    assert "discrimination" in shown and "ties when even" in shown and "fitted together" in shown
    assert "--control" in refused(
        "leaderboard", path, "--aggregate", "judge_aware", "--control", "length"
    )
    assert "bootstrap" in refused(
        "leaderboard", path, "--aggregate", "judge_aware", "--intervals", "sandwich"
    )


def test_agreement_and_position_are_told_from_the_verdicts_however_they_are_joined(
    tmp_path: Path,
) -> None:
    rows = [
        row | {"topic": "odd" if int(row["question_id"][1:]) % 2 else "even"} for row in judged()
    ]
    path = write(tmp_path, "b.csv", rows)
    plain = board(path, "--by", "topic", "--rounds", "20")
    assert plain["aggregate"] == "games" and plain["judges"] == []
    assert plain["agreement"]["effective_votes"] > 1
    for how in ("majority", "median", "judge_aware"):
        picture = str(tmp_path / f"{how}.html")
        found = board(
            path, "--by", "topic", "--rounds", "20", "--aggregate", how, "--plot", picture
        )
        for part in (None, "odd", "even"):
            one, told = (b["by"][part] if part else b for b in (found, plain))
            assert one["agreement"] == told["agreement"]
            assert one["position"]["first"] == told["position"]["first"]
            assert one["position"]["inconsistent_pairs"] == told["position"]["inconsistent_pairs"]
        assert found["battles"] == (432 if how == "judge_aware" else 72)
        assert Path(picture).exists()


def test_a_majority_is_one_battle_of_a_question_and_pair(tmp_path: Path) -> None:
    one = [battle(n, "ant", "bee", "model_a", judge=judge) for n in range(9) for judge in "xy"]
    other = [battle(n, "bee", "ant", "model_a" if n < 8 else "tie", judge="z") for n in range(9)]
    path = write(tmp_path, "b.csv", one + other)
    found = board(path, "--aggregate", "majority", "--baseline", "bee")
    assert found["battles"] == 9 and found["regularised"]
    found = board(path, "--baseline", "bee")
    assert found["battles"] == 27 and found["models"][0]["win_rate"] == pytest.approx(18.5 / 27)
    assert any("27 verdicts" in n for n in board(path, "--aggregate", "median")["notes"])


def test_inconsistent_pairs_are_counted_and_may_weigh_less(tmp_path: Path) -> None:
    rows = [battle(n, a, b, "model_a", judge="x") for n in range(4) for a, b in (AB, AB[::-1])]
    sure = [
        battle(9, "ant", "bee", "model_a", judge="x"),
        battle(9, "bee", "ant", "tie", judge="x"),
    ]
    path = write(tmp_path, "b.csv", rows + sure)
    found = board(path, "--baseline", "bee")
    assert found["position"]["pairs_in_both_orders"] == 5
    assert found["position"]["inconsistent_pairs"] == 4
    assert found["models"][0]["win_rate"] == pytest.approx(5.5 / 10)
    lighter = board(path, "--baseline", "bee", "--flipped", "0.5")
    assert lighter["position"]["inconsistent_weight"] == 0.5
    assert lighter["models"][0]["win_rate"] == pytest.approx(3.5 / 6)
    assert any("4 of 5" in note and "weigh 0.5" in note for note in lighter["notes"])
    left = board(path, "--baseline", "bee", "--flipped", "0")
    assert left["models"][0]["win_rate"] == pytest.approx(1.5 / 2)
    assert "median" in refused("leaderboard", path, "--flipped", "0.5", "--aggregate", "median")
    only = write(tmp_path, "o.csv", rows)
    assert "nothing to rate" in refused("leaderboard", only, "--flipped", "0")


AB = ("ant", "bee")


MIRROR = {"model_a": "model_b", "model_b": "model_a", "tie": "tie"}


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.permutations(MODELS), st.sampled_from(sorted(MIRROR))),
        min_size=1,
    )
)
def test_swapping_sides_changes_no_row(
    tmp_path_factory: pytest.TempPathFactory, drawn: Any
) -> None:
    folder = tmp_path_factory.mktemp("swap")
    rows = [battle(question, names[0], names[1], won) for question, names, won in drawn]
    swapped = [
        row
        | {"model_a": row["model_b"], "model_b": row["model_a"], "winner": MIRROR[row["winner"]]}
        for row in rows
    ]
    # Some sides are swapped, some not.
    mixed = [b if at % 3 else a for at, (a, b) in enumerate(zip(rows, swapped, strict=True))]
    told = board(write(folder, "b.csv", rows), "--rounds", "20")
    found = board(write(folder, "s.csv", mixed), "--rounds", "20")
    for one, other in zip(told["models"], found["models"], strict=True):
        assert other == pytest.approx(one, abs=1e-6)
    assert found["separability"] == told["separability"]


def run_battles(folder: Path, rows: list[Row]) -> Path:
    """Write battles as a run does: every juror judged both orders, and prefers the first place."""
    swayed = games({juror: (4.0, -4.0) for juror in ("owl", "elk")})
    # A checker decided the second battle: no juror saw it.
    run_of(
        folder,
        (
            decided(int(row["question_id"][1:]), (row["model_a"], row["model_b"]), played)
            for at, row in enumerate(rows)
            for played in [() if at == 1 else swayed]
        ),
    )
    return folder


def test_a_run_is_read_from_its_folder(tmp_path: Path) -> None:
    found = board(str(run_battles(tmp_path / "mine-1", rounds(2))), "--by", "purpose")
    # A disputed battle counts by its games; a checker's by itself.
    assert found["settled"] == 1 and found["battles"] == 24
    # The battles' own rows say nothing about position; the games do.
    assert found["position"]["first"] == 1 and found["position"]["balanced"] == 1
    assert found["agreement"]["items"] > 0 and list(found["by"]) == ["selection"]


def test_the_jurors_of_a_run_are_joined_from_their_games(tmp_path: Path) -> None:
    once = [row for row in rounds(2) if row["model_a"] < row["model_b"]]
    folder = str(run_battles(tmp_path / "mine-1", once))
    found = board(folder, "--aggregate", "judge_aware", "--rounds", "20")
    assert found["battles"] == 12 and found["settled"] == 1
    judges = {row["judge"]: row for row in found["judges"]}
    assert list(judges) == ["elk", "owl"]
    assert [row["battles"] for row in judges.values()] == [22, 22]  # in both orders
    assert judges["owl"]["position_bias"] > 3 and judges["elk"]["position_bias"] > 3
    assert board(folder, "--aggregate", "majority")["battles"] == 12
