"""The leaderboard's rows: rating, interval, predicted win rate; and what they can tell apart."""

from dataclasses import dataclass

import numpy as np

from .fit import ELO, Fit, index_of
from .intervals import Intervals
from .newton import sigmoid
from .table import BattleTable, Floats, Ints


@dataclass(frozen=True)
class Standing:
    """One row of the leaderboard."""

    model: str
    rating: float
    low: float
    high: float
    win_rate: float
    """Predicted share of wins, 0 to 1, against the baseline, or on average against all others."""
    battles: int


def standings(
    table: BattleTable, fit: Fit, intervals: Intervals, baseline: str | None = None
) -> tuple[Standing, ...]:
    """Return the rows of the leaderboard, best first."""
    rates = win_rates(fit.ratings, fit.models, baseline)
    battles = battle_counts(table)
    return tuple(
        Standing(
            model=fit.models[i],
            rating=float(fit.ratings[i]),
            low=float(intervals.low[i]),
            high=float(intervals.high[i]),
            win_rate=float(rates[i]),
            battles=int(battles[i]),
        )
        for i in sorted(range(len(fit.models)), key=lambda i: (-fit.ratings[i], fit.models[i]))
    )


def win_rates(ratings: Floats, models: tuple[str, ...], baseline: str | None = None) -> Floats:
    """Predict shares of wins from ratings of shape (..., models).

    Raises:
        ValueError: The baseline is not among the models.
    """
    if baseline is not None:
        at = index_of(baseline, models, "baseline")
        return sigmoid((ratings - ratings[..., at, None]) / ELO)
    # Against itself a model would win half: that half is taken out again.
    mutual = sigmoid((ratings[..., :, None] - ratings[..., None, :]) / ELO)
    return np.asarray((mutual.sum(axis=-1) - 0.5) / max(len(models) - 1, 1))


def rate_errors(
    strengths: Floats, covariance: Floats, models: tuple[str, ...], baseline: str | None = None
) -> Floats:
    """Return the standard errors of win rates by the delta method, shape (models,).

    Against a baseline that every question pits all models against once, this is the standard error of
    the mean over questions.
    """
    count = len(models)
    mutual = sigmoid(strengths[:, None] - strengths)
    slope = mutual * (1.0 - mutual)
    if baseline is not None:
        at = index_of(baseline, models, "baseline")
        gradient = np.eye(count) - np.eye(count)[at]
        gradient *= slope[:, at, None]
    else:
        np.fill_diagonal(slope, 0.0)
        gradient = (np.diag(slope.sum(axis=1)) - slope) / max(count - 1, 1)
    variance = np.einsum("ij,jk,ik->i", gradient, covariance, gradient)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def battle_counts(table: BattleTable) -> Ints:
    """Count the battles of each model against others, shape (models,)."""
    count = len(table.models)
    others = table.a != table.b
    first = np.bincount(table.a[others], minlength=count)
    return np.asarray(first + np.bincount(table.b[others], minlength=count))


def separability(intervals: Intervals) -> float:
    """Return the share of model pairs whose intervals do not overlap, 0 to 1."""
    count = len(intervals.low)
    apart = intervals.low[:, None] > intervals.high
    return float(apart.sum() / max(count * (count - 1) / 2, 1))
