"""Battles into ratings, the way that was asked for: as they are, style held equal, or judges joined."""

from dataclasses import dataclass

import numpy as np

from ...tools.ratings.fit import Fit, rate
from ...tools.ratings.intervals import Intervals, bootstrap, sandwich
from ...tools.ratings.judged import Judged
from ...tools.ratings.judges import Judge, bootstrap_judges, fit_judges
from ...tools.ratings.style import (
    bootstrap_styled,
    contrast,
    own_variation,
    rate_styled,
    sandwich_styled,
)
from ...tools.ratings.table import Floats
from .battles import Battles
from .options import Options
from .verdicts import judges_of, merged


@dataclass(frozen=True)
class Controlled:
    """What a fit says of the style that it leaves out."""

    coefficients: dict[str, float]
    """Log-odds won per standard deviation of each feature."""
    own: dict[str, float]
    """Share of each feature's variation that does not follow from who plays, 0 to 1."""


@dataclass(frozen=True)
class JudgeRow:
    """One judge of a judge-aware fit."""

    judge: str
    battles: int
    discrimination: float
    tie_bias: float
    position_bias: float | None
    low: Judge
    """Lower ends of the 95 % intervals."""
    high: Judge


@dataclass(frozen=True, eq=False)
class Rated:
    """Ratings, and the battles that they come from."""

    battles: Battles
    fit: Fit
    intervals: Intervals
    control: Controlled | None = None
    judges: tuple[JudgeRow, ...] = ()
    covariance: Floats | None = None
    """Of the strengths, robust by question; None where judges are fitted."""


def rated(battles: Battles, options: Options) -> Rated:
    """Rate battles.

    Raises:
        ValueError: The anchor has no battles, or no battle has weight.
    """
    if options.aggregate == "judge_aware" and battles.settled < len(battles.table):
        return _judge_aware(battles, options)
    if options.aggregate in ("majority", "median"):
        battles = merged(battles, options.aggregate, options.flipped)
    if options.control:
        return _controlled(battles, options)
    fit = rate(battles.table, options.anchor)
    closed = sandwich(battles.table, fit)
    if options.method == "sandwich":
        return Rated(battles, fit, closed, covariance=closed.covariance)
    drawn = bootstrap(battles.table, fit, rounds=options.rounds, seed=options.seed)
    return Rated(battles, fit, drawn, covariance=closed.covariance)


def _judge_aware(battles: Battles, options: Options) -> Rated:
    held = judges_of(battles)
    of_jurors = np.ones(len(held.codes), dtype=np.bool_)
    if battles.judging:
        of_jurors = ~battles.judging.settled
    # A part of the battles need not have all judges.
    present, seat = np.unique(held.codes[of_jurors], return_inverse=True)
    judge = np.full(len(held.codes), len(present), dtype=np.int64)
    judge[of_jurors] = seat
    judged = Judged.of(battles.table, judge, tuple(held.names[code] for code in present))
    aware = fit_judges(judged, options.anchor)
    drawn = bootstrap_judges(judged, aware, rounds=options.rounds, seed=options.seed)
    rows = tuple(
        JudgeRow(
            judge=name,
            battles=games,
            discrimination=one.discrimination,
            tie_bias=one.tie_bias,
            position_bias=one.position_bias,
            low=drawn.low[name],
            high=drawn.high[name],
        )
        for (name, one), games in zip(aware.judges.items(), aware.games.tolist(), strict=True)
    )
    return Rated(battles, aware.fit, drawn.intervals, judges=rows)


def _controlled(battles: Battles, options: Options) -> Rated:
    """Fit ratings together with the features of the answers."""
    table, features = battles.table, contrast(battles.style_a, battles.style_b)
    styled = rate_styled(table, features, options.anchor)
    intervals = closed = sandwich_styled(table, features, styled)
    if options.method == "bootstrap":
        intervals = bootstrap_styled(
            table, features, styled, rounds=options.rounds, seed=options.seed
        )
    won, own = styled.coefficients.tolist(), own_variation(table, features).tolist()
    control = Controlled(*(dict(zip(battles.style, told, strict=True)) for told in (won, own)))
    return Rated(battles, styled.fit, intervals, control, covariance=closed.covariance)
