"""The scale of a reward model: which difference of two rewards makes a win 73 % likely.

The chance of a win is 1 / (1 + exp(-difference / scale)), a logistic regression with one slope and no
intercept (Bradley and Terry 1952; calibration as in Platt 1999), fitted to what people said or, without
their labels, to what the other jurors said. Ties count as half a win each way.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..ratings.estimate import Estimate, nothing, student, too_few
from ..ratings.table import Floats, Ints, add_up
from .items import Items
from .rest import majority

STEPS, CLOSE = 100, 1e-10
"""Halvings of the interval at most, and its relative width that is enough."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How well a reward model's differences tell who wins, at the scale in use and at the best one."""

    best: Estimate
    """The scale that fits best, or why there is none."""
    against: str
    """Whose verdicts it is fitted to: `people` or `jury`."""
    used: float | None = None
    """The scale of the config; None where it is not known."""
    loss: float | None = None
    """Log-loss of the chances at the scale in use, a battle, in nats; a coin has 0.69."""
    best_loss: float | None = None
    """The same at the best scale."""


def scale(items: Items, juror: int, used: float | None) -> Scale | None:
    """Return the scale that fits a juror's rewards best, None for a juror that gives no rewards."""
    ahead = items.reward[:, juror]
    if np.isnan(ahead).all():
        return None
    told = ~np.isnan(items.human) & ~np.isnan(ahead)
    against, said = ("people", items.human) if told.any() else ("jury", majority(items, juror))
    rows = ~np.isnan(ahead) & ~np.isnan(said)
    if not rows.any():
        return Scale(nothing("nobody else judged the same pairs"), against, used)
    ahead, won, question = ahead[rows], said[rows] + 0.5, items.question[rows]
    best = fit(ahead, won, question)
    return Scale(
        best,
        against,
        used,
        loss=log_loss(ahead, won, 1 / used) if used else None,
        best_loss=log_loss(ahead, won, 1 / best.value) if best.value else None,
    )


def fit(ahead: Floats, won: Floats, question: Ints) -> Estimate:
    """Return the scale of maximum likelihood, its error from questions as clusters.

    Args:
        ahead: Differences of two rewards, shape (battles,).
        won: Share of the win for the first of the two: 1, 0.5 or 0.
        question: The question of each battle; those on one count as one piece of evidence.
    """
    if short := too_few(question):
        return short
    n, clusters = len(ahead), np.unique(question, return_inverse=True)[1]
    count = int(clusters.max()) + 1
    if float(ahead @ (won - 0.5)) <= 0:
        return nothing("higher rewards do not win more often", n, count)
    if not (ahead * (won - 0.5) < 0).any() and not ((won == 0.5) & (ahead != 0)).any():
        return nothing("every battle goes as the rewards say: any small scale fits", n, count)
    slope = _slope(ahead, won)
    chance = _chance(slope * ahead)
    bend = float((ahead**2 * chance * (1 - chance)).sum())
    pulls = add_up(clusters, ahead * (won - chance), count)
    error = math.sqrt(count / (count - 1) * float((pulls**2).sum())) / bend
    # In logarithms the interval stays above 0, and that of the scale is that of the slope.
    half = student(count - 1) * error / slope
    best = 1 / slope
    return Estimate(
        best, best * math.exp(-half), best * math.exp(half), n, count, best * error / slope
    )


def log_loss(ahead: Floats, won: Floats, slope: float) -> float:
    """Return the mean log-loss of the chances at a slope (1 / scale), in nats a battle."""
    odds = slope * ahead
    return float((np.logaddexp(0.0, odds) - won * odds).mean())


def _slope(ahead: Floats, won: Floats) -> float:
    """Return the slope above 0 where the likelihood is flat; it rises before and falls after."""
    low, high = 0.0, 1.0 / float(np.abs(ahead).max())
    while _pull(ahead, won, high) > 0:
        low, high = high, 2 * high
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _pull(ahead, won, middle) > 0 else (low, middle)
        if high - low <= CLOSE * high:
            break
    return (low + high) / 2


def _pull(ahead: Floats, won: Floats, slope: float) -> float:
    return float((ahead * (won - _chance(slope * ahead))).sum())


def _chance(odds: Floats) -> Floats:
    return np.exp(-np.logaddexp(0.0, -odds))
