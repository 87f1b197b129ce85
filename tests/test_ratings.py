"""Ratings from battles: what must not change them, what must, and what thin data is said to be."""

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenainstruct.tools.ratings.agreement import Agreement, compare, effective_votes
from arenainstruct.tools.ratings.connection import triples
from arenainstruct.tools.ratings.fit import rate
from arenainstruct.tools.ratings.intervals import bootstrap, sandwich
from arenainstruct.tools.ratings.length import Matched, length_controlled
from arenainstruct.tools.ratings.position import position
from arenainstruct.tools.ratings.resample import resampled_wins
from arenainstruct.tools.ratings.standings import separability, standings, win_rates
from arenainstruct.tools.ratings.style import (
    bootstrap_styled,
    contrast,
    rate_styled,
    sandwich_styled,
)
from arenainstruct.tools.ratings.table import BattleTable, Floats, Row

MIRROR = {"model_a": "model_b", "model_b": "model_a", "tie": "tie"}
NAMES = ["ant", "bee", "cat", "dog", "elk"]


@st.composite
def battles(draw: st.DrawFn) -> list[Row]:
    count = draw(st.integers(2, 5))
    row = st.tuples(
        st.integers(0, 6).map(lambda q: f"q{q}"),
        st.permutations(NAMES[:count]).map(lambda names: names[:2]),
        st.sampled_from(sorted(MIRROR)),
        st.sampled_from([0.5, 1.0, 3.0]),
    )
    return [(q, a, b, winner, w) for q, (a, b), winner, w in draw(st.lists(row, min_size=1))]


def ratings(rows: list[Row]) -> dict[str, float]:
    fit = rate(BattleTable.from_rows(rows))
    return dict(zip(fit.models, fit.ratings.tolist(), strict=True))


def simulated(
    count: int = 6, size: int = 3000, questions: int = 200, seed: int = 1
) -> tuple[BattleTable, Floats]:
    rng = np.random.default_rng(seed)
    truth = np.linspace(-1, 1, count)
    a = rng.integers(0, count, size)
    b = (a + rng.integers(1, count, size)) % count
    won = rng.random(size) < 1 / (1 + np.exp(truth[b] - truth[a]))
    score = np.where(rng.random(size) < 0.15, 0.5, won.astype(float))
    question = rng.integers(0, questions, size)
    models = tuple(f"m{i}" for i in range(count))
    return BattleTable(a, b, score, np.ones(size), question, models), truth


def logistic(design: Floats, won: Floats, weight: Floats) -> Floats:
    """Fit a logistic regression by plain Newton steps, independently of the package."""
    point = np.zeros(design.shape[1])
    for _ in range(50):
        expected = 1 / (1 + np.exp(-design @ point))
        curve = (design * (weight * expected * (1 - expected))[:, None]).T @ design
        point += np.linalg.lstsq(curve, design.T @ (weight * (won - expected)), rcond=None)[0]
    return np.asarray(point)


@given(battles())
def test_swapping_sides_changes_no_rating(rows: list[Row]) -> None:
    swapped: list[Row] = [(q, b, a, MIRROR[str(won)], w) for q, a, b, won, w in rows]
    assert ratings(swapped) == pytest.approx(ratings(rows), abs=1e-5)


@given(battles(), st.permutations(NAMES))
def test_relabelling_changes_no_rating(rows: list[Row], names: list[str]) -> None:
    new = dict(zip(NAMES, names, strict=True))
    renamed: list[Row] = [(q, new[a], new[b], won, w) for q, a, b, won, w in rows]
    expected = {new[model]: rating for model, rating in ratings(rows).items()}
    assert ratings(renamed) == pytest.approx(expected, abs=1e-5)


@given(battles(), st.randoms(use_true_random=False))
def test_order_and_copies_of_battles_change_no_rating(rows: list[Row], rng: random.Random) -> None:
    copies = rows + rows
    rng.shuffle(copies)
    assert ratings(copies) == pytest.approx(ratings(rows), abs=1e-5)


@given(battles())
def test_who_beats_all_others_ranks_first(rows: list[Row]) -> None:
    beaten = sorted({model for row in rows for model in row[1:3]})
    rows = rows + [("q", "zebra", model, "model_a", 1.0) for model in beaten]
    fit = rate(BattleTable.from_rows(rows))
    assert fit.models[int(fit.ratings.argmax())] == "zebra"
    assert fit.regularised
    assert ("zebra",) in fit.components


@given(battles())
@settings(max_examples=50)
def test_the_sandwich_too_is_blind_to_sides(rows: list[Row]) -> None:
    swapped: list[Row] = [(q, b, a, MIRROR[str(won)], w) for q, a, b, won, w in rows]
    ends = []
    for table in (BattleTable.from_rows(rows), BattleTable.from_rows(swapped)):
        found = sandwich(table, rate(table))
        ends.append(dict(zip(table.models, found.low.tolist(), strict=True)))
    # Where the variance is 0 its rounding error stays, and its root is no longer small.
    assert ends[1] == pytest.approx(ends[0], abs=1e-2)


def test_models_that_never_met_are_reported() -> None:
    rows: list[Row] = []
    for pair in (("ant", "bee"), ("cat", "dog")):
        rows += [("q", *pair, "model_a", 1.0), ("q", *pair, "model_b", 1.0)]
    fit = rate(BattleTable.from_rows(rows))
    assert fit.regularised
    assert fit.islands == fit.components == (("ant", "bee"), ("cat", "dog"))
    connected = rate(BattleTable.from_rows([*rows, ("q", "ant", "cat", "tie", 1.0)]))
    assert not connected.regularised
    assert len(connected.islands) == len(connected.components) == 1


def test_ratings_far_apart_are_exact() -> None:
    upset = 1e-7  # worth 2800 Elo points
    rows: list[Row] = [("q", x, y, 1 - upset, 1.0) for x, y in ("ab", "bc", "cd", "de")]
    fit = rate(BattleTable.from_rows(rows))
    assert not fit.regularised
    assert np.diff(fit.ratings) == pytest.approx([-2800] * 4, abs=0.01)


def test_links_that_vanish_in_rounding_get_the_ridge() -> None:
    rows: list[Row] = [
        ("q", x, y, 1 - 1e-7, 1.0)
        for x, y in ("ab", "af", "ag", "bc", "cd", "de", "ef", "eh", "gh")
    ]
    fit = rate(BattleTable.from_rows([*rows, ("q", "g", "f", "model_a", 1.0)]))
    assert fit.regularised
    assert fit.models[int(fit.ratings.argmax())] == "a"


def test_matches_a_logistic_regression_on_duplicated_rows() -> None:
    table, _ = simulated()
    eye = np.eye(len(table.models))
    design = np.vstack([eye[table.a] - eye[table.b]] * 2)
    won = np.repeat([1.0, 0.0], len(table))
    reference = logistic(design, won, np.concatenate([table.score, 1 - table.score]))
    expected = 1000 + 400 / np.log(10) * (reference - reference.mean())
    assert rate(table).ratings == pytest.approx(expected, abs=1e-6)


def test_the_anchor_keeps_its_rating_and_has_no_interval() -> None:
    table, _ = simulated()
    fit = rate(table, anchor=("m2", 1100.0))
    assert fit.ratings[2] == pytest.approx(1100.0)
    assert np.diff(fit.ratings) == pytest.approx(np.diff(rate(table).ratings))
    for found in (bootstrap(table, fit, rounds=20), sandwich(table, fit)):
        assert (found.low[2], found.high[2]) == pytest.approx((1100.0, 1100.0))
    with pytest.raises(ValueError, match="anchor 'owl' has no battles"):
        rate(table, anchor=("owl", 1100.0))


def test_a_battle_against_oneself_changes_no_rating() -> None:
    table, _ = simulated(size=200)
    fit = rate(table)
    probes = replace(table, b=np.where(np.arange(200) < 20, table.a, table.b))
    kept = replace(table, weight=np.where(np.arange(200) < 20, 0.0, table.weight))
    assert rate(probes).ratings == pytest.approx(rate(kept).ratings)
    assert bootstrap(probes, fit, rounds=3).draws == pytest.approx(
        bootstrap(kept, fit, rounds=3).draws
    )


def rows_of_resamples(table: BattleTable) -> Iterator[Floats]:
    for stack in resampled_wins(table, 4000, np.random.default_rng(3)):
        yield stack.reshape(len(stack), -1)


@pytest.mark.parametrize("shape", ["one battle", "many battles", "mixed"])
def test_resampled_wins_have_the_moments_of_drawn_questions(shape: str) -> None:
    size = 120
    question = {
        "one battle": np.arange(size),
        "many battles": np.arange(size) // 6,
        "mixed": np.minimum(np.arange(size), 100 + np.arange(size) % 4) * 2,
    }[shape]
    table = replace(simulated(count=3, size=size)[0], question=question)
    each = np.stack([matrix_of(table, question == q).ravel() for q in np.unique(question)])
    drawn = np.vstack(list(rows_of_resamples(table)))
    assert drawn.mean(axis=0) == pytest.approx(each.sum(axis=0), rel=0.05, abs=0.1)
    variance = len(each) * each.var(axis=0)
    assert drawn.var(axis=0) == pytest.approx(variance, rel=0.15, abs=0.05)


def matrix_of(table: BattleTable, chosen: np.ndarray) -> Floats:
    matrix = np.zeros((len(table.models),) * 2)
    for a, b, score in zip(table.a[chosen], table.b[chosen], table.score[chosen], strict=True):
        matrix[a, b] += score
        matrix[b, a] += 1 - score
    return matrix


def test_bootstrap_and_sandwich_agree_and_hold_the_truth() -> None:
    table, truth = simulated()
    fit = rate(table)
    drawn, formula = bootstrap(table, fit, rounds=400), sandwich(table, fit)
    assert (drawn.high - drawn.low) == pytest.approx(formula.high - formula.low, rel=0.15)
    true_ratings = 1000 + 400 / np.log(10) * truth * 0.85
    assert ((formula.low < true_ratings + 25) & (true_ratings - 25 < formula.high)).all()
    assert (bootstrap(table, fit, seed=5).low == bootstrap(table, fit, seed=5).low).all()


def test_questions_not_battles_set_the_width() -> None:
    table, _ = simulated(questions=20, size=400)
    copied = BattleTable(
        a=np.tile(table.a, 4),
        b=np.tile(table.b, 4),
        score=np.tile(table.score, 4),
        weight=np.tile(table.weight, 4),
        question=np.tile(table.question, 4),
        models=table.models,
    )
    once, often = (sandwich(t, rate(t)) for t in (table, copied))
    assert often.low == pytest.approx(once.low)
    drawn = [bootstrap(t, rate(t), rounds=30).low for t in (table, copied)]
    assert drawn[1] == pytest.approx(drawn[0])


def test_standings_tell_rank_win_rate_and_separability() -> None:
    table, _ = simulated()
    fit = rate(table)
    intervals = bootstrap(table, fit)
    rows = standings(table, fit, intervals, baseline="m0")
    assert [row.model for row in rows] == ["m5", "m4", "m3", "m2", "m1", "m0"]
    assert rows[-1].win_rate == 0.5
    assert sum(row.battles for row in rows) == 2 * len(table)
    assert separability(intervals) == pytest.approx(14 / 15)  # only m2 and m3 overlap
    assert win_rates(fit.ratings, fit.models).mean() == pytest.approx(0.5)


def test_position_and_triples() -> None:
    circle: list[Row] = [("q", "a", "b", "model_a", 1), ("q", "b", "c", "model_a", 1)]
    circle += [("q", "c", "a", "model_a", 1), ("q", "a", "d", "tie", 1)]
    table = BattleTable.from_rows(circle)
    assert (position(table).first, position(table).first_of_decided) == (0.75, 1.0)
    found = triples(rate(table).wins)
    assert (found.cyclic, found.decided) == (1, 1)


@pytest.mark.parametrize("winner", ["modelA", "", "error", 1.5, float("nan")])
def test_an_unknown_winner_names_row_and_value(winner: str | float) -> None:
    rows: list[Row] = [("q", "a", "b", "tie", 1.0), ("q", "a", "b", winner, 1.0)]
    with pytest.raises(ValueError, match=r"row 2: winner is .* must be model_a, model_b, tie"):
        BattleTable.from_rows(rows)


def test_bad_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="row 1: weight is -1"):
        BattleTable.from_rows([("q", "a", "b", "tie", -1)])
    with pytest.raises(ValueError, match="no battles"):
        BattleTable.from_rows([])
    with pytest.raises(ValueError, match="nothing to rate"):
        rate(BattleTable.from_rows([("q", "a", "b", "tie", 0)]))


def together(labels: Floats) -> Agreement:
    """Compare judges by their labels, shape (items, judges)."""
    return compare(tuple(f"judge {at}" for at in range(labels.shape[1])), labels)


def test_kappa_and_alpha_match_worked_examples() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: kappa is 0.4.
    first = np.repeat([1.0, 1.0, 0.0, 0.0], [20, 5, 10, 15])
    second = np.repeat([1.0, 0.0, 1.0, 0.0], [20, 5, 10, 15])
    assert together(np.stack([first, second], 1)).kappa == pytest.approx(0.4)
    # Krippendorff's own example with four observers, missing values and five categories: 0.743.
    gap = np.nan
    observers = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, gap, gap, gap],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, gap, 3],
            [gap, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, gap],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, gap],
        ]
    )
    assert together(observers.T).alpha == pytest.approx(0.743, abs=5e-4)
    assert together(np.ones((3, 2))).alpha is None


def test_effective_votes_count_copies_once() -> None:
    errors = np.random.default_rng(0).normal(size=(4000, 4))
    assert effective_votes(errors) == pytest.approx(4.0, rel=0.1)
    assert effective_votes(errors[:, [0, 0, 0]]) == pytest.approx(1.0)
    assert effective_votes(errors[:, [0, 0, 1, 1]]) == pytest.approx(2.0, rel=0.1)
    assert effective_votes(errors[:, :1]) is None


def test_agreement_counts_each_item_once_with_an_interval() -> None:
    rng = np.random.default_rng(4)
    truth = rng.choice([0.0, 0.5, 1.0], 400, p=[0.6, 0.1, 0.3])
    labels = np.stack(
        [
            np.where(rng.random(400) < 0.7, truth, rng.choice([0.0, 0.5, 1.0], 400))
            for _ in range(3)
        ],
        1,
    )
    question = np.arange(400) // 4
    found = compare(("x", "y", "z"), labels, question)
    # Both by their definitions, on the table of two judges and on the votes of each item.
    x, y = labels[:, 0], labels[:, 1]
    chance = sum((x == c).mean() * (y == c).mean() for c in (0.0, 0.5, 1.0))
    assert found.kappas["x", "y"] == pytest.approx(((x == y).mean() - chance) / (1 - chance))
    votes = (labels[:, :, None] == np.array([0.0, 0.5, 1.0])).sum(axis=1)
    observed = ((votes * (votes - 1)).sum(axis=1) / 6).mean()
    by_chance = ((votes.sum(axis=0) / votes.sum()) ** 2).sum()
    assert found.fleiss == pytest.approx((observed - by_chance) / (1 - by_chance))
    for value, interval in (
        (found.kappa, found.kappa_interval),
        (found.fleiss, found.fleiss_interval),
        (found.alpha, found.alpha_interval),
    ):
        assert value and interval and interval[0] < value < interval[1]
        assert interval[1] - interval[0] == pytest.approx(0.13, abs=0.05)
    holes = labels.copy()
    holes[::3, 2] = np.nan
    assert together(holes).fleiss == together(labels[np.arange(400) % 3 > 0]).fleiss
    assert compare(("x", "y"), labels[:20, :2], question[:20]).kappa_interval is None
    same = compare(("x", "y"), np.ones((40, 2)), np.arange(40))
    assert (same.share, same.kappa, same.fleiss, same.effective_votes) == (1.0, None, None, 1.0)


def test_fleiss_own_example() -> None:
    """Fleiss 1971 as textbooks print it: 10 subjects, 14 raters, 5 categories: 0.210."""
    votes = [
        *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
        *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
    ]
    labels = np.array([np.repeat(np.arange(5.0), row) for row in votes])
    assert together(labels).fleiss == pytest.approx(0.210, abs=5e-4)


@pytest.mark.slow
def test_style_control_gives_back_planted_strengths() -> None:
    table, truth = simulated(size=20_000)
    rng = np.random.default_rng(2)
    # The weaker the model, the longer its answers; length wins by itself.
    long_a, long_b = (
        np.exp(rng.normal(5 - 0.4 * truth[m], 0.5))[:, None] for m in (table.a, table.b)
    )
    features = contrast(long_a, long_b)
    log_odds = truth[table.a] - truth[table.b] + 1.2 * features[:, 0]
    score = (rng.random(len(table)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    table = replace(table, score=score)
    styled = rate_styled(table, features)
    assert styled.coefficients == pytest.approx([1.2], abs=0.06)
    assert styled.fit.strengths == pytest.approx(truth, abs=0.12)
    assert np.ptp(rate(table).strengths) < 0.8 * np.ptp(truth)

    mirrored = replace(table, a=table.b, b=table.a, score=1 - table.score)
    again = rate_styled(mirrored, contrast(long_b, long_a))
    assert again.fit.ratings == pytest.approx(styled.fit.ratings, abs=1e-6)
    formula = sandwich_styled(table, features, styled)
    drawn = bootstrap_styled(table, features, styled, rounds=60)
    assert (drawn.high - drawn.low) == pytest.approx(formula.high - formula.low, rel=0.35)


def test_style_control_without_style_is_the_plain_fit() -> None:
    table, _ = simulated(size=500)
    nothing = contrast(np.zeros((500, 2)), np.zeros((500, 2)))
    assert rate_styled(table, nothing).fit.ratings == pytest.approx(rate(table).ratings, abs=1e-6)
    with pytest.raises(ValueError, match="one row a battle: 500"):
        rate_styled(table, nothing[:10])


def test_length_control_takes_out_what_length_won() -> None:
    rng = np.random.default_rng(6)
    shorter = rng.normal(-300, 400, 4000)
    difficulty = rng.normal(0, 1, 4000)
    pull = -1.5 * np.tanh(shorter / shorter.std()) + difficulty - 0.5
    won = (rng.random(4000) < 1 / (1 + np.exp(-pull))).astype(float)
    found = length_controlled(Matched(won, shorter, difficulty))
    assert (found.length, found.difficulty, found.strength) == pytest.approx(
        (-1.5, 1, -0.5), abs=0.15
    )
    fair = (1 / (1 + np.exp(0.5 - difficulty))).mean()
    assert abs(found.win_rate - fair) < 0.03 < abs(won.mean() - fair)
    assert (
        0.99 < length_controlled(Matched(np.ones(50), shorter[:50], difficulty[:50])).win_rate <= 1
    )
