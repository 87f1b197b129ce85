"""How sure the ratings are: 95 % intervals, by resampling questions or by the sandwich formula.

Both treat a question as the unit of chance: all its battles share one prompt, so they count as one
piece of evidence, not as many. So with few questions there is little evidence, however many battles:
of one question no method can tell how far another would move the ratings, and of a few both give
intervals that are too narrow (for few clusters: Cameron, Gelbach and Miller 2008).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .fit import ELO, Fit, index_of, ridges, solve, to_elo
from .newton import regular, sigmoid
from .resample import resampled_wins
from .share import NORMAL
from .table import BattleTable, Floats, add_up

ROUNDS = 100
FEWEST_ROUNDS = 20
"""Of a bootstrap; the percentiles of fewer ratings may not even hold the rating between them."""
FEWEST_QUESTIONS = 10
"""With fewer, intervals are too narrow to tell models apart."""
NO_WIDTH = 1e-6
"""Elo points up to which all resamples gave one rating: what nothing moves is not known, and not sure."""
PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Intervals:
    """Lower and upper ends of the 95 % intervals, in Elo points, shape (models,)."""

    low: Floats
    high: Floats
    method: Literal["bootstrap", "sandwich"]
    draws: Floats
    """Ratings of each bootstrap round, shape (rounds, models); no rows for the sandwich."""
    regularised_rounds: int = 0
    """Bootstrap rounds in which some model won or lost everything, so that the ridge was needed."""
    covariance: Floats | None = None
    """Of the strengths, robust by question, shape (models, models); None for the bootstrap."""


def bootstrap(table: BattleTable, fit: Fit, *, rounds: int = ROUNDS, seed: int = 0) -> Intervals:
    """Refit on `rounds` resamples of the questions and take the 2.5 and 97.5 percentiles."""
    stacks: list[Floats] = []
    loose = 0
    for wins in resampled_wins(table, rounds, np.random.default_rng(seed)):
        strengths, needed = solve(wins, fit.strengths)
        loose += int(needed.sum())
        stacks.append(strengths)
    return from_draws(to_elo(np.concatenate(stacks), fit.models, fit.anchor), loose)


def from_draws(draws: Floats, loose: int) -> Intervals:
    """Return the percentile intervals of bootstrap ratings, shape (rounds, models)."""
    low, high = np.percentile(draws, PERCENTILES, axis=0)
    return Intervals(low, high, "bootstrap", draws, loose)


def sandwich(table: BattleTable, fit: Fit) -> Intervals:
    """Take the intervals from the covariance of the ratings that is robust by question."""
    games = fit.wins + fit.wins.T
    expected = sigmoid(fit.strengths[:, None] - fit.strengths)
    curvature = games * expected * (1.0 - expected)
    ridge = ridges(fit.wins[None], np.array([fit.regularised]))
    hessian = regular(curvature[None], ridge)[0]
    surprise = table.weight * (table.score - expected[table.a, table.b])
    spread = robust_covariance(hessian, question_slopes(table, surprise))
    return around(fit, spread, table)


def around(fit: Fit, spread: Floats, table: BattleTable) -> Intervals:
    """Return the normal intervals of ratings whose strengths have the covariance `spread`."""
    count = len(fit.models)
    # Ratings are told against the mean or against the anchor, and so are their errors.
    origin = np.full(count, 1.0 / count)
    if fit.anchor:
        origin = np.eye(count)[index_of(fit.anchor[0], fit.models, "anchor")]
    contrast = np.eye(count) - origin
    clusters = int(np.count_nonzero(np.bincount(table.question)))
    spread = spread * (clusters / max(clusters - 1, 1))
    variance = np.einsum("ij,jk,ik->i", contrast, spread, contrast)
    half = NORMAL * ELO * np.sqrt(np.maximum(variance, 0.0))
    nothing = np.zeros((0, count))
    return Intervals(fit.ratings - half, fit.ratings + half, "sandwich", nothing, covariance=spread)


Bounds = tuple[float, float] | tuple[None, None]


def bounds(low: float, high: float) -> Bounds:
    """Return an interval rounded to a tenth; nothing where all resamples are one: that is no certainty."""
    return (round(low, 1), round(high, 1)) if high - low > NO_WIDTH else (None, None)


def told(low: float | None, high: float | None) -> str:
    """Return an interval in words."""
    return "unknown" if low is None or high is None else f"{low:.0f} to {high:.0f}"


CACHED = 250_000
"""Numbers handled at once: 2 MB, which stay in the processor's cache."""
THIN = 50
"""Questions in one matrix product."""


def robust_covariance(hessian: Floats, slopes: Iterable[Floats]) -> Floats:
    """Return the covariance of the parameters.

    Args:
        hessian: Curvature of the loss, regular, shape (parameters, parameters).
        slopes: Blocks of slopes by question, each of shape (some, THIN, parameters).
    """
    spread = np.zeros_like(hessian)
    for block in slopes:
        # Thin products one by one: a threaded one waits longer for its threads than it works.
        spread += np.matmul(block.transpose(0, 2, 1), block).sum(axis=0)
    inverse = np.linalg.inv(hessian)
    return np.asarray(inverse @ spread @ inverse)


def question_slopes(
    table: BattleTable, surprise: Floats, features: Floats | None = None
) -> Iterator[Floats]:
    """Yield the slopes of all questions, in blocks of shape (some, THIN, models + features).

    Args:
        table: The battles.
        surprise: Weight times (score - expected score), shape (battles,).
        features: Style features, shape (battles, features); none unless given.
    """
    order = np.argsort(table.question, kind="stable")
    question, a, b = table.question[order], table.a[order], table.b[order]
    up = surprise[order]
    extra = np.zeros((len(table), 0)) if features is None else features[order] * up[:, None]
    count = len(table.models)
    width = count + extra.shape[1]
    block = THIN * max(1, CACHED // width // THIN)
    for first in range(0, table.questions, block):
        start, end = np.searchsorted(question, (first, first + block))
        row = (question[start:end] - first) * width
        flat = add_up(row + a[start:end], up[start:end], block * width)
        flat -= add_up(row + b[start:end], up[start:end], block * width)
        for k in range(extra.shape[1]):
            flat += add_up(row + count + k, extra[start:end, k], block * width)
        yield np.asarray(flat.reshape(-1, THIN, width))
