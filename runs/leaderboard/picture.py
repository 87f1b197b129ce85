"""What is drawn of a leaderboard: ratings with intervals, and who beat whom how often."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...tools.ratings.table import Floats, Ints
from .board import Board

LONGEST = 48
"""Letters of a name that are drawn."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What is drawn, best model first."""

    models: tuple[str, ...]
    ratings: Floats
    low: Floats
    high: Floats
    shares: Floats
    """Share of the wins of row over column, ties half; NaN where they never met."""
    counts: Ints
    title: str
    subtitle: str
    notes: tuple[str, ...]


def picture(board: Board, notes: Sequence[str]) -> Picture:
    """Put what is drawn in the order of the ratings."""
    fit = board.fit
    order = [fit.models.index(row.model) for row in board.rows]
    square = np.ix_(order, order)
    wins, met = fit.wins[square], (fit.wins + fit.wins.T)[square]
    shares = np.divide(wins, met, out=np.full_like(wins, np.nan), where=met > 0)
    return Picture(
        models=tuple(brief(fit.models[i]) for i in order),
        ratings=fit.ratings[order],
        low=board.intervals.low[order],
        high=board.intervals.high[order],
        shares=shares,
        counts=board.counts[square],
        title=f"Leaderboard of {len(order)} models",
        subtitle=f"{board.battles:,} battles on {board.questions:,} questions"
        + (", which gives no intervals" if board.unknown else ""),
        notes=tuple(notes),
    )


def brief(name: str) -> str:
    """Return a name that fits beside a row: both ends of a long one."""
    if len(name) <= LONGEST:
        return name
    half = LONGEST // 2
    return f"{name[:half]}…{name[-half:]}"


def met_counts(shown: Picture) -> str:
    """Tell in words how many battles the pairs that met had."""
    met = shown.counts[np.triu_indices(len(shown.models), 1)]
    met = met[met > 0]
    if not len(met):
        return "no pair met"
    if met.min() == met.max():
        return f"{met.min():,} battles a pair"
    return f"{met.min():,} to {met.max():,} battles a pair"
