"""The likelihood of games by judges of different discrimination.

Judge k's game of i, shown first, against j has the log-odds

    eta = g_k (strength i - strength j) + p_k

and, with ties after Davidson (1970, "On extending the Bradley-Terry model to accommodate ties in
paired comparison experiments"), P(i) ~ exp(eta / 2), P(j) ~ exp(-eta / 2), P(tie) ~ exp(t_k).

One discrimination g a judge beside one strength a model, by joint maximum likelihood, is the judge-
aware model of arXiv 2601.21817; g is kept positive as exp(u). `scoring` finds the maximum.
"""

from dataclasses import dataclass

import numpy as np

from .connection import Bools
from .judged import Counts
from .table import Floats


@dataclass(frozen=True, eq=False)
class Point:
    """A point of the search."""

    strength: Floats
    """Shape (models,)."""
    judge: Floats
    """u = log g, tie bias t and position bias p of each judge, shape (judges, 3)."""

    def moved(self, step: "Point", share: float) -> "Point":
        """Return the point after a share of a step."""
        return Point(self.strength + share * step.strength, self.judge + share * step.judge)

    def reach(self) -> float:
        """Return the most that this step changes anything."""
        return float(max(np.ptp(self.strength), np.abs(self.judge).max()))


@dataclass(frozen=True, eq=False)
class Prior:
    """What holds parameters that the games leave open: normal, around `centre`."""

    centre: Floats
    """Shape (3,)."""
    precision: Floats
    """Shape (3,)."""
    free: Bools
    """Which parameters are fitted at all, shape (judges, 3); the others stay as they are."""
    ridge: float
    """On the strengths; 0 where the games hold them."""


@dataclass(frozen=True, eq=False)
class Odds:
    """Probabilities of each kind of game at a point."""

    lead: Floats
    """g (strength of the first - strength of the second)."""
    first: Floats
    second: Floats
    tie: Floats
    log_total: Floats


def _odds(counts: Counts, point: Point) -> Odds:
    u, t, p = point.judge[counts.judge].T
    lead = np.exp(u) * (point.strength[counts.first] - point.strength[counts.second])
    half = 0.5 * (lead + p)
    total = np.logaddexp(np.logaddexp(half, -half), t)
    return Odds(lead, np.exp(half - total), np.exp(-half - total), np.exp(t - total), total)


def loss(counts: Counts, prior: Prior, point: Point) -> float:
    """Return minus the log of likelihood times prior."""
    with np.errstate(over="ignore", invalid="ignore"):
        odds = _odds(counts, point)
        _, t, p = point.judge[counts.judge].T
        told = 0.5 * (counts.won - counts.lost) * (odds.lead + p) + counts.tied * t
        games = counts.won + counts.lost + counts.tied
        off = point.judge - prior.centre
        penalty = (prior.precision * off**2 * prior.free).sum()
        penalty += prior.ridge * (point.strength**2).sum()
        found = float((games * odds.log_total - told).sum() + 0.5 * penalty)
    return found if np.isfinite(found) else np.inf


@dataclass(frozen=True, eq=False)
class Slopes:
    """First derivatives of the log-likelihood of each kind of game, and what curves it."""

    odds: Odds
    g: Floats
    games: Floats
    by: Floats
    """P(first) - P(second)."""
    up: Floats
    """With respect to eta."""
    curve: Floats
    """Minus the second derivative with respect to eta."""
    cross: Floats
    """Minus the mixed derivative with respect to eta and t."""


def slopes(counts: Counts, point: Point) -> Slopes:
    """Return the derivatives at a point."""
    odds = _odds(counts, point)
    games = counts.won + counts.lost + counts.tied
    by = odds.first - odds.second
    return Slopes(
        odds,
        np.exp(point.judge[counts.judge, 0]),
        games,
        by,
        0.5 * (counts.won - counts.lost - games * by),
        0.25 * games * (odds.first + odds.second - by**2),
        -0.5 * games * by * odds.tie,
    )
