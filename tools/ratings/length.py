"""Length-controlled win rates: how often a model would win with answers as long as the baseline's.

A logistic model of one model's wins over one baseline, with a saturating length term and a known
difficulty of each instruction (Dubois, Galambosi, Liang and Hashimoto 2024, "Length-controlled
AlpacaEval"):

    logit P(model wins) = c1 tanh(shorter / its deviation) + c2 difficulty + c3

The win rate is the mean prediction with the length term set to 0. Gamed baselines (the baseline
told to be verbose or concise) keep c1 and c2 honest: they weigh little and enter without c3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .newton import minimise, sigmoid
from .table import Floats

GAMED_WEIGHT = 0.2
"""Weight of all gamed baselines together, against 1 for the model itself."""
RIDGE = 1e-6
"""Keeps the fit finite for a model that wins or loses everything; a share of the number of rows."""


@dataclass(frozen=True, eq=False)
class Matched:
    """One model's answers beside the baseline's, a row an instruction."""

    preference: Floats
    """1 where the model won, 0 where the baseline won, or graded."""
    shorter: Floats
    """Length of the baseline's answer minus length of the model's, in characters."""
    difficulty: Floats
    """How hard each instruction is for models against this baseline, in log-odds; 0 if unknown."""


@dataclass(frozen=True)
class LengthControlled:
    """A win rate with length taken out."""

    win_rate: float
    """0 to 1, at the baseline's length."""
    standard_error: float
    """Of the mean over instructions; the coefficients are taken as known."""
    length: float
    """c1: log-odds won (lost, if negative) by answers much shorter than the baseline's."""
    difficulty: float
    """c2: 1 for a model that finds hard what others find hard."""
    strength: float
    """c3: log-odds over the baseline at equal length and difficulty 0."""


def length_controlled(model: Matched, gamed: Sequence[Matched] = ()) -> LengthControlled:
    """Fit the three coefficients and predict the win rate at equal length."""
    design = np.vstack([_design(model, 1.0), *(_design(rows, 0.0) for rows in gamed)])
    share = GAMED_WEIGHT / max(len(gamed), 1)
    weight = np.concatenate(
        [np.ones(len(model.preference)), *(np.full(len(g.preference), share) for g in gamed)]
    )
    won = np.concatenate([model.preference, *(rows.preference for rows in gamed)])
    length, difficulty, strength = _logistic(design, won, weight)
    at_equal_length = sigmoid(difficulty * model.difficulty + strength)
    return LengthControlled(
        win_rate=float(at_equal_length.mean()),
        standard_error=float(at_equal_length.std() / np.sqrt(max(len(at_equal_length) - 1, 1))),
        length=float(length),
        difficulty=float(difficulty),
        strength=float(strength),
    )


def _design(rows: Matched, own: float) -> Floats:
    """Return length term, difficulty, and whether the model's own strength counts."""
    count = len(rows.shorter)
    deviation = float(rows.shorter.std(ddof=1)) if count > 1 else 0.0
    length = np.tanh(rows.shorter / (deviation or 1.0))
    return np.column_stack([length, rows.difficulty, np.full(count, own)])


def _logistic(design: Floats, won: Floats, weight: Floats) -> Floats:
    ridge = RIDGE * weight.sum()

    def step(point: Floats) -> tuple[Floats, Floats]:
        expected = sigmoid(design @ point)
        slope = design.T @ (weight * (won - expected)) - ridge * point
        curve = weight * expected * (1.0 - expected)
        hessian = (design * curve[:, None]).T @ design + ridge * np.eye(len(point))
        move = np.asarray(np.linalg.solve(hessian, slope))
        return move, np.asarray(np.abs(design @ move).max())

    return minimise(np.zeros(design.shape[1]), step)
