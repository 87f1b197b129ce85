"""One rating a model: Bradley-Terry by maximum likelihood, on the Elo scale.

    fit = rate(table, anchor=("owl", 1100.0))
    dict(zip(fit.models, fit.ratings))

Where the battles leave a rating open, `Fit` says so.
"""

from dataclasses import dataclass

import numpy as np

from .connection import Bools, components, is_connected, islands
from .newton import RIDGE, fit_wins
from .table import BattleTable, Floats, add_up

ELO = 400.0 / np.log(10.0)
"""Elo points per natural log-odds."""
MEAN = 1000.0

Anchor = tuple[str, float]
"""A model and the rating it is held at."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Ratings and how well the battles hold them in place."""

    models: tuple[str, ...]
    ratings: Floats
    """Elo points, shape (models,)."""
    strengths: Floats
    """Natural log-odds with mean 0, shape (models,)."""
    wins: Floats
    """Weight won by row model over column model; a tie is half a win each way."""
    anchor: Anchor | None
    regularised: bool
    """True when no maximum exists (see `components`) and a small ridge holds the ratings finite."""
    components: tuple[tuple[str, ...], ...]
    """Models with chains of wins both ways; one group when all ratings are determined."""
    islands: tuple[tuple[str, ...], ...]
    """Models joined by battles; ratings of different islands must not be compared."""


def win_matrix(table: BattleTable) -> Floats:
    """Sum the weight won by row model over column model, shape (models, models)."""
    count = len(table.models)
    won = table.weight * table.score
    forth = add_up(table.a * count + table.b, won, count * count)
    back = add_up(table.b * count + table.a, table.weight - won, count * count)
    wins = np.asarray((forth + back).reshape(count, count))
    np.fill_diagonal(wins, 0.0)
    return wins


def rate(table: BattleTable, anchor: Anchor | None = None) -> Fit:
    """Fit Bradley-Terry ratings; the mean is 1000 unless a model is anchored.

    Raises:
        ValueError: The anchor is no model of the table, or no battle of two models has weight.
    """
    wins = win_matrix(table)
    if not wins.sum() > 0:
        raise ValueError("no battle of two models has a weight above 0: nothing to rate")
    strengths, loose = (found[0] for found in solve(wins[None]))

    def named(groups: tuple[tuple[int, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(table.models[i] for i in group) for group in groups)

    return Fit(
        models=table.models,
        ratings=to_elo(strengths, table.models, anchor),
        strengths=strengths,
        wins=wins,
        anchor=anchor,
        regularised=bool(loose),
        components=named(components(wins)),
        islands=named(islands(wins)),
    )


def solve(wins: Floats, start: Floats | None = None) -> tuple[Floats, Bools]:
    """Fit each win matrix; return strengths, shape (rounds, models), and which needed the ridge."""
    loose = ~is_connected(wins)
    try:
        return fit_wins(wins, ridges(wins, loose), start), loose
    except ArithmeticError:
        pass
    # Where only millionths of a win connect models, the maximum exists on paper, not in floats.
    if len(wins) == 1:
        every = np.ones(1, dtype=bool)
        return fit_wins(wins, ridges(wins, every)), every
    alone = [solve(one[None], start) for one in wins]
    return np.concatenate([a[0] for a in alone]), np.concatenate([a[1] for a in alone])


def ridges(wins: Floats, loose: Bools) -> Floats:
    """Return a ridge that grows with the weight of each win matrix where `loose`, else 0."""
    weight = 2.0 * wins.sum(axis=(-2, -1)) / wins.shape[-1]
    # A resample may hold no battle of two models at all: then any ridge gives equal ratings.
    return np.asarray(np.where(loose, np.where(weight > 0, RIDGE * weight, 1.0), 0.0))


def to_elo(strengths: Floats, models: tuple[str, ...], anchor: Anchor | None) -> Floats:
    """Put strengths, shape (..., models), on the Elo scale: mean 1000, or the anchor's rating.

    Raises:
        ValueError: The anchor is not among the models.
    """
    if anchor is None:
        return np.asarray(MEAN + ELO * (strengths - strengths.mean(axis=-1, keepdims=True)))
    held = index_of(anchor[0], models, "anchor")
    return np.asarray(anchor[1] + ELO * (strengths - strengths[..., held, None]))


def index_of(model: str, models: tuple[str, ...], role: str) -> int:
    """Return a model's number; `role` says in the error what it was named as."""
    if model not in models:
        raise ValueError(f"{role} {model!r} has no battles; the models are: {', '.join(models)}")
    return models.index(model)
