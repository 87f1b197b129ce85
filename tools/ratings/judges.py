"""Judge-aware ratings: each judge weighs what it can tell apart, its ties and its bias left out.

    judged = Judged.of(table, judge, judges)
    aware = fit_judges(judged)
    aware.fit.ratings                        # as of any other fit
    aware.judges["owl"].discrimination       # 1 is what the judges tell apart on average
    bootstrap_judges(judged, aware).intervals

The model is in `davidson`. Strengths are log-odds of a win among decided games, shown in no order,
before a judge of discrimination 1. One scale is free: the mean discrimination over all decided games
is 1. (A geometric mean would be moved at will by one judge whose discrimination is near 0.)

Discrimination is never negative: whoever contradicts the others comes near 0 and counts nothing, but
no verdict is ever turned around. What a judge has shown too few games to tell is held by a weak
normal prior: log discrimination by the level of all judges, with a standard deviation of 0.5 (as good
as any in simulations of few games); tie bias by that of all games together, and position bias by 0,
with 2. Priors are measured in the weight of a game, so that copies of all battles change nothing.

Battles that no judge decided (a checker did, or the answers are identical) tell nothing of judges, and
must not move their scale. So judges are fitted to their own games first; then strengths are fitted to
all battles with the judges held, those of nobody counting as a judge's of discrimination 1 that has no
liking for a place; how often it ties is fitted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from .connection import is_connected
from .davidson import Point, Prior
from .fit import Anchor, Fit, rate, ridges, solve, to_elo
from .intervals import PERCENTILES, ROUNDS, Intervals, from_draws
from .judged import MET_BOTH_WAYS, Counts, Judged
from .resample import question_counts
from .scoring import fit_point
from .table import Floats, Ints, add_up

SPREAD = (0.5, 2.0, 2.0)
"""Standard deviations of the priors of log discrimination, tie bias and position bias."""
LEAST = 1e-12
"""Discrimination that stands for none, where it is held as its logarithm."""
TRACE = 0.05
"""Part of a game taken to be a tie, and decided, where there is none at all."""


@dataclass(frozen=True)
class Judge:
    """How a judge decides."""

    discrimination: float = 1.0
    """Log-odds of its verdict for each log-odds of true lead; 0 tells nothing apart."""
    tie_bias: float = 0.0
    """Log-odds of a tie, between even models, against each of the two sides."""
    position_bias: float | None = None
    """Log-odds that it gives to whatever is shown first; None where no pair was shown both ways."""


@dataclass(frozen=True, eq=False)
class JudgeFit:
    """Ratings and judges, fitted together."""

    fit: Fit
    judges: Mapping[str, Judge]
    games: Ints
    """Battles of each judge, shape (judges,)."""
    point: Point
    """Where the search for judges ended."""
    prior: Prior


@dataclass(frozen=True, eq=False)
class JudgeIntervals:
    """Ends of the 95 % intervals by the bootstrap."""

    intervals: Intervals
    """Of the ratings."""
    low: Mapping[str, Judge]
    high: Mapping[str, Judge]


def fit_judges(judged: Judged, anchor: Anchor | None = None) -> JudgeFit:
    """Fit ratings and judges together by maximum likelihood; `model_a` of the table was shown first.

    Raises:
        ValueError: The anchor is no model of the table, or there is no judge.
        ArithmeticError: The search did not settle.
    """
    if not judged.judges:
        raise ValueError("no judge decided any battle: there is no judge to fit")
    plain = rate(judged.table, anchor)
    counts = judged.counts(judged.table.weight)
    judges = len(judged.judges)
    prior = _prior(judged, counts.of_judges(judges))
    start = Point(plain.strengths, np.tile(prior.centre, (judges, 1)))
    found = _fitted(counts, prior, start, judged.seats)
    games = np.bincount(judged.judge, minlength=judges)[:judges]
    ratings = to_elo(found.strengths, plain.models, anchor)
    fit = replace(plain, strengths=found.strengths, ratings=ratings, regularised=found.loose)
    return JudgeFit(fit, _named(judged.judges, found.traits, prior), games, found.point, prior)


def bootstrap_judges(
    judged: Judged, aware: JudgeFit, *, rounds: int = ROUNDS, seed: int = 0
) -> JudgeIntervals:
    """Refit on resampled questions, each time from the whole fit on."""
    drawn: list[tuple[Floats, Floats]] = []
    loose = 0
    for times in question_counts(judged.table, rounds, np.random.default_rng(seed)):
        counts = judged.counts(judged.table.weight * times[judged.table.question])
        found = _fitted(counts, aware.prior, aware.point, judged.seats)
        loose += found.loose
        drawn.append((found.strengths, found.traits))
    fit = aware.fit
    ratings = to_elo(np.stack([strengths for strengths, _ in drawn]), fit.models, fit.anchor)
    low, high = np.percentile(np.stack([traits for _, traits in drawn]), PERCENTILES, axis=0)
    return JudgeIntervals(
        from_draws(ratings, loose),
        _named(judged.judges, low, aware.prior),
        _named(judged.judges, high, aware.prior),
    )


def _prior(judged: Judged, counts: Counts) -> Prior:
    judges, models = len(judged.judges), len(judged.table.models)
    trace = TRACE * judged.unit
    decided, tied = counts.won.sum() + counts.lost.sum(), counts.tied.sum()
    centre = np.array([0.0, np.log(2.0 * (tied + trace) / (decided + trace)), 0.0])
    free = np.ones((judges, 3), dtype=np.bool_)
    # One judge alone has no discrimination beside the scale of the strengths.
    free[:, 0] = judges > 1
    free[:, 2] = counts.met_both_ways(judges, models) >= MET_BOTH_WAYS
    return Prior(centre, judged.unit / np.square(SPREAD), free, 0.0)


@dataclass(frozen=True, eq=False)
class _Fitted:
    strengths: Floats
    traits: Floats
    """Discrimination, tie bias and position bias, shape (judges, 3)."""
    point: Point
    loose: bool
    """Whether the games leave strengths open."""


def _fitted(counts: Counts, prior: Prior, start: Point, seats: int) -> _Fitted:
    """Fit judges to their games, then strengths to all games; one seat more than judges is nobody's."""
    judges = len(start.judge)
    of_judges = counts.of_judges(judges)
    point, loose = _settled(of_judges, prior, start)
    strengths, traits = _scaled(of_judges, point)
    if seats == judges:
        return _Fitted(strengths, traits, point, loose)
    held = np.vstack([traits, [1.0, prior.centre[1], 0.0]])
    held[:, 0] = np.log(np.maximum(held[:, 0], LEAST))
    free = np.zeros((seats, 3), dtype=np.bool_)
    free[judges, 1] = True
    whole, loose = _settled(counts, replace(prior, free=free), Point(strengths, held))
    return _Fitted(whole.strength - whole.strength.mean(), traits, point, loose)


def _settled(counts: Counts, prior: Prior, start: Point) -> tuple[Point, bool]:
    """Fit, with the ridge of the plain fit where the games leave strengths open; tell whether."""
    wins = counts.wins(len(start.strength))[None]
    loose = ~is_connected(wins)
    try:
        held = replace(prior, ridge=float(ridges(wins, loose)[0]))
        return fit_point(counts, held, start), bool(loose[0])
    except ArithmeticError:
        # Started afresh, and held where the maximum exists on paper only.
        ridge = float(ridges(wins, np.ones(1, dtype=np.bool_))[0])
        fresh = Point(solve(wins)[0][0], np.where(prior.free, prior.centre, start.judge))
        return fit_point(counts, replace(prior, ridge=ridge), fresh), True


def _scaled(counts: Counts, point: Point) -> tuple[Floats, Floats]:
    """Return strengths of mean 0, and judges' parameters with a mean discrimination of 1."""
    decided = add_up(counts.judge, counts.won + counts.lost, len(point.judge))
    traits = point.judge.copy()
    traits[:, 0] = np.exp(traits[:, 0])
    mean = float(decided @ traits[:, 0]) / (float(decided.sum()) or 1.0) or 1.0
    traits[:, 0] /= mean
    return (point.strength - point.strength.mean()) * mean, traits


def _named(judges: tuple[str, ...], traits: Floats, prior: Prior) -> dict[str, Judge]:
    return {
        name: Judge(g, t, p if known else None)
        for name, (g, t, p), known in zip(
            judges, traits.tolist(), prior.free[:, 2].tolist(), strict=True
        )
    }


LEAD = 2.0
"""Standard deviation of d: about that of a logistic variable (1.8), the chance that the ratings find
in a single game, most of which is that models do better on some questions than on others."""
LEADS: Floats = LEAD * (np.arange(240, dtype=np.float64) + 0.5) / 40.0
"""Points of the integral: the middles of cells from 0 to 6 standard deviations."""
TYPICAL = Judge()
"""A judge of whom nothing is known."""

GameVote = tuple[str, int, bool]
"""judge; 1 where model_a won, 0 for a tie, -1 where model_b won; whether model_a was shown first."""


def log_odds_a(votes: Iterable[GameVote], judges: Mapping[str, Judge]) -> float:
    """Return log P(model_a is better) - log P(model_b is better); without games it is 0.

        aware = fit_judges(judged)
        log_odds_a([("owl", 1, True), ("owl", 1, False), ("elk", 0, True)], aware.judges)

    The answers differ by a lead d in log-odds, before the games as likely for one as for the other:
    normal around 0. Each game then has the likelihood of `davidson` with the lead in place of the
    strengths, and games are independent given d. So a judge that ties always, or always says "the
    first", hardly counts, since its verdict is as likely whichever answer is better.

    Args:
        votes: The games of one battle, each order for itself.
        judges: Of a fit; one that is not there counts as of discrimination 1.

    Raises:
        ValueError: An outcome is none of 1, 0 and -1.
    """
    better = -0.5 * (LEADS / LEAD) ** 2
    worse = better.copy()
    for judge, outcome, first in votes:
        if outcome not in (-1, 0, 1):
            raise ValueError(f"outcome {outcome!r} of judge {judge!r}: it must be 1, 0 or -1")
        known = judges.get(judge, TYPICAL)
        better += _log_chance(known, LEADS, outcome, first)
        worse += _log_chance(known, -LEADS, outcome, first)
    return float(np.logaddexp.reduce(better) - np.logaddexp.reduce(worse))


def _log_chance(judge: Judge, lead: Floats, outcome: int, first: bool) -> Floats:
    """Return the log-probability of a verdict by the lead of model_a."""
    bias = judge.position_bias or 0.0
    half = 0.5 * (judge.discrimination * lead + (bias if first else -bias))
    total = np.logaddexp(np.logaddexp(half, -half), judge.tie_bias)
    return np.asarray((outcome * half if outcome else judge.tie_bias) - total)
