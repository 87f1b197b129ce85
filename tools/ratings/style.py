"""Ratings with style held equal: Bradley-Terry plus what longer or fancier answers win by it.

    features = contrast(lengths_a, lengths_b)   # any counts, shape (battles, features)
    styled = rate_styled(table, features)
    styled.fit.ratings          # as if both answers had the same style
    styled.coefficients         # log-odds won per standard deviation of each feature

The model is logit P(a wins) = strength a - strength b + features . coefficients, as in Chatbot
Arena's style control (Li, Angelopoulos and Chiang 2024, "Does style matter?").
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .connection import is_connected
from .fit import Anchor, Fit, rate, ridges, to_elo, win_matrix
from .intervals import ROUNDS, Intervals, around, from_draws, question_slopes, robust_covariance
from .newton import minimise, regular, sigmoid
from .resample import question_counts
from .table import BattleTable, Floats, add_up

L2 = 1e-3
"""Ridge on the coefficients alone, as a share of the total battle weight."""


@dataclass(frozen=True, eq=False)
class Styled:
    """A fit whose ratings leave style out."""

    fit: Fit
    coefficients: Floats
    """Log-odds won per standard deviation of each feature, shape (features,)."""
    point: Floats
    """Strengths and coefficients in one row."""


def contrast(of_a: Floats, of_b: Floats) -> Floats:
    """Return (a - b) / (a + b), from -1 to 1 and 0 where both are 0, in units of its spread.

    It is scaled but not centred: a centred feature would favour whichever side was shown first, and
    ratings would change when sides are swapped.
    """
    total = of_a + of_b
    ratio = np.divide(of_a - of_b, total, out=np.zeros_like(total), where=total != 0)
    spread = np.sqrt((ratio**2).mean(axis=0))
    return np.asarray(ratio / np.where(spread > 0, spread, 1.0))


def rate_styled(table: BattleTable, features: Floats, anchor: Anchor | None = None) -> Styled:
    """Fit ratings and style coefficients together by Newton's method.

    Raises:
        ValueError: The features are not one finite row a battle, or the anchor has no battles.
    """
    if features.ndim != 2 or len(features) != len(table):
        raise ValueError(f"features have shape {features.shape}; one row a battle: {len(table)}")
    if not np.isfinite(features).all():
        row = int(np.flatnonzero(~np.isfinite(features).all(axis=1))[0])
        raise ValueError(f"battle {row + 1}: a style feature is missing or not finite")
    plain = rate(table, anchor)
    start = np.concatenate([plain.strengths, np.zeros(features.shape[1])])
    penalty = _penalty(table, features, table.weight)
    point = minimise(start, _stepper(table, features, table.weight, penalty))
    return _styled(plain, point)


def own_variation(table: BattleTable, features: Floats) -> Floats:
    """Return the share of each feature's variation that is its own, 0 to 1, shape (features,).

    The rest follows from who plays and from the other features, so what it wins cannot be told from
    the ratings. At 0 the joint design of models and features lacks rank: a ridge alone divides the
    wins between them.
    """
    count, width = len(table.models), features.shape[1]
    gram = _hessian(table, features, table.weight, np.zeros(count + width))
    shares = np.ones(width)
    for k in range(width):
        others = np.delete(np.arange(count + width), count + k)
        own, pull = gram[count + k, count + k], gram[others, count + k]
        inverse = np.linalg.pinv(gram[np.ix_(others, others)], rcond=1e-10, hermitian=True)
        # A feature that is 0 everywhere takes nothing away from the ratings.
        if own > 0:
            shares[k] = max(0.0, 1.0 - float(pull @ inverse @ pull) / own)
    return shares


def bootstrap_styled(
    table: BattleTable, features: Floats, styled: Styled, *, rounds: int = ROUNDS, seed: int = 0
) -> Intervals:
    """Refit on resampled questions; each round passes over all battles a few times."""
    draws: list[Floats] = []
    loose = 0
    for drawn in question_counts(table, rounds, np.random.default_rng(seed)):
        weight = table.weight * drawn[table.question]
        penalty = _penalty(table, features, weight)
        loose += bool(penalty[0])
        point = minimise(styled.point, _stepper(table, features, weight, penalty))
        draws.append(_styled(styled.fit, point).fit.ratings)
    return from_draws(np.stack(draws), loose)


def sandwich_styled(table: BattleTable, features: Floats, styled: Styled) -> Intervals:
    """Take the intervals of the ratings from the covariance that is robust by question."""
    count = len(table.models)
    penalty = _penalty(table, features, table.weight)
    expected = sigmoid(_log_odds(table, features, styled.point))
    hessian = _hessian(table, features, table.weight * expected * (1.0 - expected), penalty)
    surprise = table.weight * (table.score - expected)
    spread = robust_covariance(hessian, question_slopes(table, surprise, features))
    return around(styled.fit, spread[:count, :count], table)


def _styled(plain: Fit, point: Floats) -> Styled:
    count = len(plain.models)
    strengths = point[:count] - point[:count].mean()
    ratings = to_elo(strengths, plain.models, plain.anchor)
    return Styled(replace(plain, strengths=strengths, ratings=ratings), point[count:], point)


def _penalty(table: BattleTable, features: Floats, weight: Floats) -> Floats:
    """Return the ridge of each parameter: on strengths only where the battles leave them open."""
    wins = win_matrix(replace(table, weight=weight))
    style = np.full(features.shape[1], L2 * weight.sum())
    return np.concatenate(
        [np.full(len(table.models), ridges(wins[None], ~is_connected(wins)[None])[0]), style]
    )


def _stepper(
    table: BattleTable, features: Floats, weight: Floats, penalty: Floats
) -> Callable[[Floats], tuple[Floats, Floats]]:
    count = len(table.models)

    def step(point: Floats) -> tuple[Floats, Floats]:
        expected = sigmoid(_log_odds(table, features, point))
        surprise = weight * (table.score - expected)
        won = add_up(table.a, surprise, count) - add_up(table.b, surprise, count)
        slope = np.concatenate([won, surprise @ features]) - penalty * point
        hessian = _hessian(table, features, weight * expected * (1.0 - expected), penalty)
        move = np.asarray(np.linalg.solve(hessian, slope), dtype=np.float64)
        return move, np.asarray(np.abs(_log_odds(table, features, move)).max())

    return step


def _log_odds(table: BattleTable, features: Floats, point: Floats) -> Floats:
    count = len(table.models)
    return np.asarray(point[table.a] - point[table.b] + features @ point[count:])


def _hessian(table: BattleTable, features: Floats, curve: Floats, penalty: Floats) -> Floats:
    """Return the curvature from the curvature of each battle, without a row of models a battle."""
    count = len(table.models)
    pairs = add_up(table.a * count + table.b, curve, count**2).reshape(count, count)
    hessian = np.diag(penalty)
    hessian[:count, :count] = regular((pairs + pairs.T)[None], penalty[:1])[0]
    for k in range(features.shape[1]):
        pull = curve * features[:, k]
        cross = add_up(table.a, pull, count) - add_up(table.b, pull, count)
        hessian[:count, count + k] += cross
        hessian[count + k, :count] += cross
        hessian[count + k, count:] += pull @ features
    return hessian
