"""The command `compare`: benchmark statistics by their definitions, against rankings and other boards."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from arenainstruct.tools.ratings.rankings import Ranking, compare, kendall, spearman
from tests.boards import board, kept, refused, rounds, said, told, write


def test_correlations_are_the_textbooks() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    for ties in (False, True):
        one, two = rng.normal(size=(2, 15))
        if ties:
            one, two = np.round(one), np.round(two)
        assert spearman(one, two) == pytest.approx(stats.spearmanr(one, two)[0])
        assert kendall(one, two) == pytest.approx(stats.kendalltau(one, two)[0])
    assert spearman(np.ones(4), np.arange(4.0)) is None


def test_confidence_and_brier_by_hand() -> None:
    score = np.array([4.0, 3.0, 2.0, 1.0])
    mine = Ranking(("a", "b", "c", "d"), score, score - 0.6, score + 0.6)
    where = np.array([40.0, 10.0, 20.0, 30.0])
    there = Ranking(
        ("a", "b", "c", "d", "e"),
        np.append(where, 0),
        np.append(where - 6, 0),
        np.append(where + 6, 0),
    )
    found = compare(mine, there)
    # Neighbours overlap here (1.2 apart is needed), and there those 10 apart: 12 are needed.
    assert found.separability.value == pytest.approx(3 / 6)
    assert found.reference_separability == pytest.approx(3 / 6)
    # The reference separates a-b, a-c and b-d; of these a-c (right) and b-d (wrong) are separated here.
    assert found.agreement.value == pytest.approx((1 - 1) / 3)
    # In all: a-c, a-d and b-d are separated here, a-d is not there.
    assert found.agreement_of_all.value == pytest.approx(0 / 6)
    assert found.order.value == pytest.approx(3 / 6)
    assert found.lenient.value == pytest.approx(5 / 6)
    error = 0.6 / 1.959964 * math.sqrt(2)
    above = [0.5 * (1 + math.erf(lead / error / math.sqrt(2))) for lead in (1, 2, 3, 1, 2, 1)]
    outcome = [1, 1, 1, 0, 0, 0]
    assert found.brier.value == pytest.approx(
        sum((p - o) ** 2 for p, o in zip(above, outcome, strict=True)) / 6, rel=1e-5
    )
    assert found.spearman.low is not None and found.spearman.low <= (found.spearman.value or 0)
    bare = compare(Ranking(("a", "b"), score[:2]), Ranking(("a", "b"), score[:2]))
    assert (bare.separability.value, bare.brier.value, bare.order.value) == (None, None, 1)
    assert bare.lenient.low is None
    # Where nothing overlaps by far, another sample would not make it overlap.
    wide = compare(
        Ranking(("a", "b", "c"), score[:3] * 100, score[:3] * 100 - 1, score[:3] * 100 + 1), mine
    )
    assert (wide.separability.low, wide.separability.high) == (1, 1)
    for measure in (found.separability, found.agreement, found.lenient, found.brier):
        assert measure.low is not None and measure.high is not None
        assert measure.value is not None and measure.low <= measure.value <= measure.high
        assert measure.low < measure.high


def test_a_board_is_compared_with_itself_a_table_and_another_board(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    saved = kept(tmp_path, "board.json", said("leaderboard", path, "--json"))
    table = kept(tmp_path, "ranking.csv", ",win_rate\nant,90\nbee,60\ncat,40\ndog,10\nelk,1\n")
    for reference in (path, saved, table):
        (found,) = told("compare", path, "--reference", reference)["boards"]
        assert found["models"] == ["ant", "bee", "cat", "dog"] or set(found["models"]) == {
            *("ant", "bee", "cat", "dog")
        }
        assert found["spearman"]["value"] == found["kendall"]["value"] == 1
        assert found["separability"]["value"] == pytest.approx(
            board(path, "--rounds", "200")["separability"]
        )
        assert found["brier"]["value"] < 0.1
    assert found["there"] == ["elk"] and found["here"] == []
    (few,) = told("compare", path, "--reference", table)["warnings"]
    assert "4 models in both say little: one swap of neighbours moves Spearman by 0.20" in few
    shown = said("compare", path, "--reference", table)
    assert f"Warning: {few}" in shown and "in the reference alone, so left out: elk" in shown
    two = told("compare", path, saved, "--reference", table)["boards"]
    assert [one["board"] for one in two] == [path, saved]
    assert "Spearman                         1.000   (95 %" in said(
        "compare", path, "--reference", table
    )
    one, other = (
        write(tmp_path, f"{j}.csv", [row | {"judge": j} for row in rounds()]) for j in "xy"
    )
    asked = ("compare", one, other, "--reference", table, "--judge")
    assert len(told(*asked, "x", "--judge", "y")["boards"]) == 2
    assert "--judge z: no row is of it (there are: x, y)" in refused(
        *asked, "x", "--judge", "y", "--judge", "z"
    )
    other = kept(tmp_path, "x.csv", "model,score\nelk,3\nant,2\n")
    assert "models in both rankings: 1" in refused("compare", path, "--reference", other)
    assert "no column 'elo'" in refused("compare", path, "--reference", other, "--column", "elo")


def test_scores_are_read_as_people_write_them_and_what_is_none_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    text = 'Model,Elo\nant,"1,200"\nbee,"1,100.5"\ncat,900\ndog,40%\n'
    written = told("compare", path, "--reference", kept(tmp_path, "w.csv", text))
    assert written["boards"][0]["spearman"]["value"] == 1 and written["unread"] == []
    text = "model,score\nant,3\nbee,n/a\ncat,2\ndog,\nant2,inf\ncow,-\n"
    file = kept(tmp_path, "n.csv", text)
    found = told("compare", path, "--reference", file)
    assert found["boards"][0]["models"] == ["ant", "cat"]
    assert len(found["unread"]) == 4 and "row 3" in found["unread"][0]
    assert "score of bee is 'n/a', no number: left out" in found["unread"][0]
    assert "score of cow is '-', no number" in said("compare", path, "--reference", file)
    twice = kept(tmp_path, "t.csv", "model,score\nant,1\nbee,2\nant,5\n")
    assert "'ant' stands here a second time, with score '5' after '1'" in refused(
        "compare", path, "--reference", twice
    )
    ends = kept(tmp_path, "e.csv", "model,score,low,high\nant,3,2,4\nbee,2,,3\ncat,1,0,2\n")
    (line,) = told("compare", path, "--reference", ends)["unread"]
    assert "low is no number in some rows: intervals left out" in line


def test_columns_of_published_tables(tmp_path: Path) -> None:
    path = write(tmp_path, "b.csv", rounds())
    arena = kept(
        tmp_path,
        "arena.csv",
        "Model,Arena Score,95% CI,Rank\nant,1300,+5/-4,1\nbee,1200,+5/-4,2\ncat,1196,+5/-4,3\n"
        "dog,1000,+5/-4,4\n",
    )
    (found,) = told("compare", path, "--reference", arena)["boards"]
    assert found["spearman"]["value"] == 1
    assert found["reference_separability"] == pytest.approx(5 / 6)  # 1200 - 4 to 1196 + 5 overlap
    ranked = told("compare", path, "--reference", arena, "--column", "Rank")
    assert ranked["boards"][0]["spearman"]["value"] == 1 and "lowest" in ranked["unread"][0]
    assert ranked["boards"][0]["reference_separability"] is None
    assert "its differences counts as sure" in said(
        "compare", path, "--reference", arena, "--column", "Rank"
    )
    two = "model,win_rate,elo,low,high\nant,90,9,80,99\nbee,60,8,50,70\ncat,40,7,30,50\ndog,10,6,5,15\n"
    file = kept(tmp_path, "two.csv", two)
    assert (
        "scores are taken from win_rate, not from elo"
        in told("compare", path, "--reference", file)["unread"][0]
    )
    (line,) = told("compare", path, "--reference", file, "--column", "elo")["unread"]
    assert "elo does not lie between low and high" in line
    plain = kept(tmp_path, "plain.csv", "model,points\nant,1\nbee,2\n")
    assert "neither battles nor a ranking" in refused("compare", path, "--reference", plain)


def test_the_published_leaderboard(shared: Path) -> None:
    battles = str(shared / "data/battles/alpaca2_battles.csv.gz")
    published = str(shared / "data/published/alpaca2_leaderboard.csv")
    (found,) = told(
        *("compare", battles, "--on-error", "drop", "--judge", "weighted_alpaca_eval_gpt4_turbo"),
        *("--reference", published, "--column", "win_rate"),
    )["boards"]
    assert len(found["models"]) == 57 and found["spearman"]["value"] > 0.999
    assert found["order"]["value"] > 0.99 and found["agreement"]["value"] > 0.9
    assert (
        0.6 < found["separability"]["value"] < 0.8 and 0.6 < found["reference_separability"] < 0.8
    )
    pairs = len(list(itertools.combinations(found["models"], 2)))
    assert found["brier"]["value"] < 0.05 and pairs == 1596
