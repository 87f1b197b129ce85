"""A number with its 95 % interval, or the reason why there is none.

Every figure of an audit is a ratio of sums over games, so it is estimated in one way: sums by
question, the figure from their total, and its error from leaving out one question at a time (the
jackknife). All games on a question share its prompt, so they count as one piece of evidence.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .share import NORMAL, wilson
from .table import Floats, Ints, add_up

LEAST_GAMES = 20
"""Observations below which nothing is said."""
LEAST_QUESTIONS = 10
"""Questions below which nothing is said: an error cannot be told from fewer."""

Figure = Callable[[Floats], Floats]
"""From sums of shape (..., columns) to a figure of shape (...)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; `value` is None where `note` says why there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    """Observations behind it."""
    questions: int = 0
    error: float | None = None
    """Standard error."""
    note: str = ""

    def chance(self, null: float) -> float:
        """Return the probability of a figure this far from `null` by chance; 1 where there is none."""
        if self.value is None or self.error is None:
            return 1.0
        t = abs(self.value - null) / max(self.error, 1e-12)
        free = max(self.questions - 1, 1)
        # Student's t as a normal deviate (Wallace 1959): close to exact from 5 degrees on.
        deviate = math.sqrt(free * math.log1p(t * t / free)) * (8 * free + 1) / (8 * free + 3)
        return math.erfc(deviate / math.sqrt(2.0))


def nothing(note: str, n: int = 0, questions: int = 0) -> Estimate:
    """Return the estimate that only says why there is none."""
    return Estimate(None, n=n, questions=questions, note=note)


def too_few(question: Ints) -> Estimate | None:
    """Return the estimate that says so where observations on these questions are too few."""
    n, count = len(question), len(np.unique(question))
    if n >= LEAST_GAMES and count >= LEAST_QUESTIONS:
        return None
    words = f"too few: {n} on {count} questions; {LEAST_GAMES} on {LEAST_QUESTIONS} are needed"
    return nothing(words, n, count)


def ratio(sums: Floats, question: Ints, figure: Figure) -> Estimate:
    """Estimate one figure from rows of sums, shape (observations, columns), and their questions."""
    return ratios(sums, question, lambda s: figure(s)[..., None])[0]


def ratios(sums: Floats, question: Ints, figure: Figure) -> tuple[Estimate, ...]:
    """Estimate several figures at once; `figure` returns shape (..., figures)."""
    if not len(sums):
        return (nothing("nothing to measure it on"),)
    if short := too_few(question):
        return (short,)
    clusters, number = np.unique(question, return_inverse=True)
    n, count = len(sums), len(clusters)
    by_question = np.stack([add_up(number, column, count) for column in sums.T], axis=1)
    total = by_question.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = figure(total)
        without = figure(total - by_question)
    spread = (count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return tuple(
        _estimate(float(v), float(e), n, count)
        for v, e in zip(values, np.sqrt(spread), strict=True)
    )


def share(hits: Floats, question: Ints) -> Estimate:
    """Estimate the share of hits, 0 to 1, with an interval that stays inside (Wilson)."""
    found = ratio(
        np.column_stack([hits, np.ones(len(hits))]), question, lambda s: s[..., 0] / s[..., 1]
    )
    if found.value is None or found.error is None:
        return found
    spread = found.value * (1.0 - found.value)
    # Games of one question say less than as many questions: the error tells how many they are worth.
    worth = spread / found.error**2 if found.error > 0 and spread > 0 else found.questions
    low, high = wilson(found.value, max(1.0, worth))
    return Estimate(found.value, low, high, found.n, found.questions, found.error)


def _estimate(value: float, error: float, n: int, questions: int) -> Estimate:
    if not (math.isfinite(value) and math.isfinite(error)):
        return nothing("nothing differs: no figure comes of it", n, questions)
    half = student(questions - 1) * error
    return Estimate(value, value - half, value + half, n, questions, error)


def student(free: int) -> float:
    """Return the two-sided 95 % point of Student's t (Cornish-Fisher; within 0.2 % from 9 on)."""
    z, f = NORMAL, max(free, 1)
    return z + (z**3 + z) / (4 * f) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * f * f)
