"""Several judges of one arena: what is recovered, what cannot move the ratings, what is one battle."""

import csv
import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenainstruct.tools.ratings.fit import rate
from arenainstruct.tools.ratings.judged import Judged
from arenainstruct.tools.ratings.judges import (
    Judge,
    JudgeFit,
    bootstrap_judges,
    fit_judges,
    log_odds_a,
)
from arenainstruct.tools.ratings.panel import panel
from arenainstruct.tools.ratings.position import flips
from arenainstruct.tools.ratings.rankings import spearman
from arenainstruct.tools.ratings.table import BattleTable, Floats, Ints

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "battles"
MODELS: tuple[str, ...] = ("ant", "bee", "cat", "dog")
JUDGES: tuple[str, ...] = ("owl", "elk", "fox")
MIRROR = {"model_a": "model_b", "model_b": "model_a", "tie": "tie"}

Verdict = tuple[int, str, str, str, str]
"""question, judge, model shown first, model shown second, winner."""


def simulated(
    truth: Floats, judges: list[tuple[float, float, float]], size: int, seed: int = 1
) -> Judged:
    """Draw games of judges with known discrimination, tie bias and position bias."""
    rng = np.random.default_rng(seed)
    count = len(truth)
    a = rng.integers(0, count, size)
    b = (a + rng.integers(1, count, size)) % count
    judge = rng.integers(0, len(judges), size)
    g, t, p = np.array(judges)[judge].T
    eta = g * (truth[a] - truth[b]) + p
    chance = np.stack([np.exp(eta / 2), np.exp(t), np.exp(-eta / 2)])
    drawn = rng.random(size) * chance.sum(axis=0)
    score = np.where(drawn < chance[0], 1.0, np.where(drawn < chance[:2].sum(axis=0), 0.5, 0.0))
    question = rng.integers(0, 200, size)
    names = tuple(f"m{i:02d}" for i in range(count))
    table = BattleTable(a, b, score, np.ones(size), question, names)
    return Judged.of(table, judge, tuple(f"j{i}" for i in range(len(judges))))


def of_rows(rows: list[Verdict], weight: float = 1.0) -> Judged:
    judges = tuple(dict.fromkeys(row[1] for row in rows))
    table = BattleTable.from_rows((f"q{q}", a, b, won, weight) for q, _, a, b, won in rows)
    return Judged.of(table, np.array([judges.index(row[1]) for row in rows]), judges)


def ratings(found: JudgeFit) -> dict[str, float]:
    return dict(zip(found.fit.models, found.fit.ratings.tolist(), strict=True))


TRUTH = np.random.default_rng(5).normal(0.0, 0.8, 12)


def test_known_judges_are_recovered() -> None:
    given_judges = [(1.5, -0.7, 0.5), (0.6, -2.0, -0.3), (0.9, 0.2, 0.0)]
    judged = simulated(TRUTH, given_judges, 30_000)
    aware = fit_judges(judged)
    drawn = bootstrap_judges(judged, aware)
    mean = np.mean([g for g, _, _ in given_judges])
    for (g, t, p), (name, found) in zip(given_judges, aware.judges.items(), strict=True):
        # Discriminations are told up to a common factor: their mean over decided games is 1.
        assert found.discrimination == pytest.approx(g / mean, abs=0.08)
        assert found.tie_bias == pytest.approx(t, abs=0.12)
        assert found.position_bias == pytest.approx(p, abs=0.12)
        low, high = drawn.low[name], drawn.high[name]
        assert low.discrimination < found.discrimination < high.discrimination < 2
        assert low.tie_bias < found.tie_bias < high.tie_bias
    strengths = TRUTH - TRUTH.mean()
    assert np.polyfit(strengths, aware.fit.strengths, 1)[0] == pytest.approx(mean, abs=0.08)
    assert np.corrcoef(strengths, aware.fit.strengths)[0, 1] > 0.99
    inside = (drawn.intervals.low <= aware.fit.ratings) & (
        aware.fit.ratings <= drawn.intervals.high
    )
    assert inside.all() and not aware.fit.regularised


def test_one_judge_without_ties_gives_the_plain_ratings() -> None:
    judged = simulated(TRUTH, [(1.0, -30.0, 0.0)], 5000)
    aware, plain = fit_judges(judged), rate(judged.table)
    assert aware.fit.ratings == pytest.approx(plain.ratings, abs=1.0)
    assert aware.judges["j0"].discrimination == 1
    held = fit_judges(judged, ("m03", 1100.0))
    assert held.fit.ratings[3] == 1100
    assert held.fit.ratings - 1100 == pytest.approx(aware.fit.ratings - aware.fit.ratings[3])


@pytest.mark.parametrize(
    "bad",
    [(0.0, -2.0, 0.0), (0.1, -3.0, 5.0), (-0.8, -2.0, 0.0)],
    ids=["a coin", "always the first", "against the others"],
)
def test_a_bad_judge_of_three_pulls_less_than_in_the_pool(bad: tuple[float, float, float]) -> None:
    pooled, aware = list[Any](), list[Any]()
    for seed in range(12):
        judged = simulated(TRUTH, [(1.2, -2.0, 0.0), (1.2, -2.0, 0.0), bad], 400, seed)
        found = fit_judges(judged)
        pooled.append(spearman(TRUTH, rate(judged.table).strengths))
        aware.append(spearman(TRUTH, found.fit.strengths))
    assert np.mean(aware) > np.mean(pooled) + 0.02
    assert np.mean(aware) > 0.9


def test_a_judge_against_all_others_counts_nothing_and_is_not_turned_around() -> None:
    judged = simulated(TRUTH, [(1.0, -2.0, 0.0), (1.0, -2.0, 0.0), (-1.0, -2.0, 0.0)], 9000)
    found = fit_judges(judged).judges
    assert 0 < found["j2"].discrimination < 0.05 < 1 < found["j0"].discrimination


def test_judges_with_next_to_no_games_are_held_by_the_prior() -> None:
    few: list[Verdict] = [(q, "new", "ant", "dog", "model_b") for q in range(3)]
    always: list[Verdict] = [
        (q, "dull", a, b, "tie") for q in range(9) for a in MODELS for b in MODELS if a < b
    ]
    first: list[Verdict] = [
        (q, "blind", a, b, "model_a") for q in range(9) for a in MODELS for b in MODELS if a != b
    ]
    found = fit_judges(of_rows([*many(), *few, *always, *first]))
    alone = fit_judges(of_rows(many()))
    assert 0.3 < found.judges["new"].discrimination < 3
    assert found.judges["dull"].tie_bias > 3
    blind = found.judges["blind"].position_bias
    assert blind is not None and blind > 3
    assert list(found.fit.ratings.argsort()) == list(alone.fit.ratings.argsort())
    for judge in found.judges.values():
        assert np.isfinite([judge.discrimination, judge.tie_bias]).all()
    # What is always shown one way round tells nothing of the place.
    assert found.judges["new"].position_bias is None
    single = fit_judges(of_rows(few))
    assert single.fit.regularised and np.isfinite(single.fit.ratings).all()


def many() -> list[Verdict]:
    """Return verdicts of two judges in both orders; the earlier name wins three of four."""
    return [
        (q, judge, a, b, "model_a" if ((q + i + 2 * j) % 4 > 0) == (a < b) else "model_b")
        for q in range(12)
        for judge in ("owl", "elk")
        for i, a in enumerate(MODELS)
        for j, b in enumerate(MODELS)
        if a != b
    ]


@st.composite
def verdicts(draw: st.DrawFn) -> list[Verdict]:
    row = st.tuples(
        st.integers(0, 5),
        st.sampled_from(JUDGES),
        st.permutations(MODELS).map(lambda names: names[:2]),
        st.sampled_from(sorted(MIRROR)),
    )
    drawn = draw(st.lists(row, min_size=1, max_size=30))
    # A few verdicts that hold the ratings in place: what varies freely is said to be open elsewhere.
    fixed = many()[:: draw(st.integers(3, 9))]
    return fixed + [(q, judge, a, b, won) for q, judge, (a, b), won in drawn]


def swapped(row: Verdict) -> Verdict:
    q, judge, a, b, won = row
    return q, judge, b, a, MIRROR[won]


@settings(max_examples=40)
@given(verdicts(), st.permutations(MODELS), st.permutations(JUDGES))
def test_names_change_no_rating(rows: list[Verdict], new: list[str], who: list[str]) -> None:
    model = dict(zip(MODELS, new, strict=True))
    judge = dict(zip(JUDGES, who, strict=True))
    renamed = [(q, judge[k], model[a], model[b], won) for q, k, a, b, won in rows]
    found, told = fit_judges(of_rows(renamed[::-1])), fit_judges(of_rows(rows))
    expected = {model[name]: rating for name, rating in ratings(told).items()}
    assert ratings(found) == pytest.approx(expected, abs=1e-2)
    for name, one in told.judges.items():
        assert found.judges[judge[name]].discrimination == pytest.approx(
            one.discrimination, abs=1e-4
        )


@settings(max_examples=40)
@given(verdicts(), st.sampled_from([0.25, 3.0]))
def test_copies_and_the_unit_of_weight_change_no_rating(rows: list[Verdict], unit: float) -> None:
    told = ratings(fit_judges(of_rows(rows)))
    assert ratings(fit_judges(of_rows(rows + rows))) == pytest.approx(told, abs=1e-2)
    assert ratings(fit_judges(of_rows(rows, unit))) == pytest.approx(told, abs=1e-2)


@settings(max_examples=40)
@given(verdicts())
def test_sides_change_no_rating(rows: list[Verdict]) -> None:
    told = fit_judges(of_rows(rows))
    # Judges may prefer a place, so who was shown first matters: all are swapped together.
    found = fit_judges(of_rows([swapped(row) for row in rows]))
    assert ratings(found) == pytest.approx(ratings(told), abs=1e-2)
    for name, one in told.judges.items():
        bias = found.judges[name].position_bias
        assert (bias is None) == (one.position_bias is None)
        if bias is not None and one.position_bias is not None:
            assert bias == pytest.approx(-one.position_bias, abs=1e-4)


def test_graded_scores_count_as_shares_of_a_win() -> None:
    table = BattleTable.from_rows(
        row
        for n in range(500)
        for row in ((f"q{n}", "ant", "bee", 0.75, 1.0), (f"r{n}", "bee", "ant", 0.25, 1.0))
    )
    found = fit_judges(Judged.of(table, np.zeros(1000, dtype=np.int64), ("owl",)))
    lead = found.fit.strengths[0] - found.fit.strengths[1]
    assert lead == pytest.approx(np.log(3.0), abs=1e-3)


def test_thousands_of_judges_are_no_burden() -> None:
    judged = simulated(TRUTH, [(1.0, -2.0, 0.0)] * 2000, 20_000)
    found = fit_judges(judged)
    assert len(found.judges) == 2000
    assert np.corrcoef(TRUTH, found.fit.strengths)[0, 1] > 0.98


GOOD = Judge(1.5, -2.0, 0.0)
KNOWN = {"owl": GOOD, "tie": Judge(1.0, 5.0, 0.0), "first": Judge(1.0, -2.0, 5.0)}


def test_a_single_battle_weighs_its_judges() -> None:
    owl = [("owl", 1, True), ("owl", 1, False)]
    both = log_odds_a(owl, KNOWN)
    assert both > log_odds_a(owl[:1], KNOWN) > 0 == log_odds_a([], KNOWN)
    mirrored = [(judge, -outcome, not first) for judge, outcome, first in owl]
    assert log_odds_a(mirrored, KNOWN) == pytest.approx(-both)
    # One that ties always or names the first hardly counts ...
    assert log_odds_a([*owl, ("tie", 0, True)], KNOWN) == pytest.approx(both, abs=0.03)
    assert log_odds_a([*owl, ("first", 1, True)], KNOWN) == pytest.approx(both, abs=0.2)
    assert log_odds_a([("first", -1, False)], KNOWN) == pytest.approx(0, abs=0.1)
    # ... but does where it says otherwise.
    assert log_odds_a([("first", 1, False)], KNOWN) > 1
    assert log_odds_a([("nobody", 1, True)], KNOWN) > 0.5
    assert log_odds_a([("owl", 1, True), ("owl", -1, False)], KNOWN) == pytest.approx(0)
    with pytest.raises(ValueError, match="outcome 9"):
        log_odds_a([("owl", 9, True)], KNOWN)


def judged_columns(rows: list[tuple[str, str, str, str | float]]) -> tuple[BattleTable, Ints]:
    """Return one question's battles of ant and bee: judge, first, second, winner."""
    names = sorted({row[0] for row in rows})
    table = BattleTable.from_rows(("q1", a, b, won, 1.0) for _, a, b, won in rows)
    assert table.models[0] == "ant"
    return table, np.array([names.index(row[0]) for row in rows])


AB, BA = ("ant", "bee"), ("bee", "ant")


@pytest.mark.parametrize(
    ("rows", "majority", "median"),
    [
        ([("x", *AB, "model_a"), ("y", *AB, "model_a"), ("z", *AB, "model_b")], 1.0, 1.0),
        ([("x", *AB, "model_a"), ("y", *AB, "model_b")], 0.5, 0.5),
        ([("x", *AB, "tie"), ("y", *AB, "tie"), ("z", *BA, "model_b")], 0.5, 0.5),
        # x contradicts itself: half a vote, for both sides; it takes nothing from y.
        ([("x", *AB, "model_a"), ("x", *BA, "model_a"), ("y", *BA, "model_b")], 1.0, 0.75),
        # Two consistent rows are one vote, not two.
        (
            [
                ("x", *AB, "model_a"),
                ("x", *BA, "model_b"),
                ("y", *AB, "model_b"),
                ("z", *AB, "model_b"),
            ],
            0.0,
            0.0,
        ),
        ([("x", *AB, 0.9), ("y", *AB, 0.6), ("z", *AB, 0.1)], 1.0, 0.6),
    ],
)
def test_a_panel_makes_one_battle(
    rows: list[tuple[str, str, str, str | float]], majority: float, median: float
) -> None:
    table, judge = judged_columns(rows)
    for how, score in (("majority", majority), ("median", median)):
        found = panel(table, judge, "majority" if how == "majority" else "median").table
        assert len(found) == 1 and found.weight[0] == 1
        assert found.score[0] == pytest.approx(score)


def test_inconsistent_pairs_are_found() -> None:
    rows = [
        ("x", *AB, "model_a"),
        ("x", *BA, "model_a"),
        ("y", *AB, "model_a"),
        ("y", *BA, "model_b"),
        ("z", *AB, "model_a"),
        ("z", *BA, "tie"),
        ("w", *AB, "model_b"),
    ]
    table, judge = judged_columns(list(rows))
    found = flips(table, judge)
    assert (found.both, found.inconsistent) == (3, 1)
    assert found.rows.tolist() == [True, True, False, False, False, False, False]
    assert flips(replace(table, question=np.arange(len(table))), judge).both == 0


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded battles are not there: {DATA}")
def test_recorded_judges_keep_the_order_of_the_models() -> None:
    with gzip.open(DATA / "qlora_vicuna_battles.csv.gz", "rt") as lines:
        read = [row for row in csv.DictReader(lines) if row["winner"] != "error"]
    rows = [(int(r["question_id"]), "gpt-4", r["model_a"], r["model_b"], r["winner"]) for r in read]
    judged = of_rows(rows)
    aware, plain = fit_judges(judged), rate(judged.table)
    # Recorded: of the decided games the place shown first takes 65 %.
    bias = aware.judges["gpt-4"].position_bias
    assert bias is not None and 0.7 < bias < 0.95
    assert np.argsort(aware.fit.ratings).tolist() == np.argsort(plain.ratings).tolist()
    assert flips(judged.table, judged.judge).inconsistent == 456


@pytest.mark.parametrize("questions", [75, 77, 105, 300])
def test_a_judge_that_only_ties_settles(questions: int) -> None:
    rows = [
        (f"q{n}", *order, "tie", 1.0)
        for n in range(questions)
        for order in (("owl", "fox"), ("fox", "owl"))
    ]
    table = BattleTable.from_rows(rows)
    judged = Judged.of(table, np.zeros(len(table), dtype=np.int64), ("elk",))
    fit = fit_judges(judged).fit
    assert np.allclose(fit.ratings, 1000.0, atol=1e-3)
