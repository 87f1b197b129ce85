"""The one solver: Newton's method for logistic models, with a step that cannot overshoot.

All losses here are sums of log-sigmoids plus a ridge. For these the damped step below decreases the
loss from any start and becomes the plain Newton step near the optimum (Sun and Tran-Dinh 2019,
"Generalized self-concordant functions", with constant 1), so no line search is needed.
"""

from collections.abc import Callable

import numpy as np

from .table import Floats

STEPS = 200
TOLERANCE = 1e-7
"""Stop after a step that moves no log-odds by more; what is left then is about its square."""
RIDGE = 1e-3
"""Ridge where no maximum exists, as a share of a model's mean weight: copies change nothing."""


def sigmoid(log_odds: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * log_odds)))


def damping(reach: Floats) -> Floats:
    """Return the safe share of a Newton step that would move some log-odds by `reach`."""
    small = np.maximum(reach, 1e-12)
    return np.asarray(np.log1p(small) / small)


def minimise(start: Floats, step: Callable[[Floats], tuple[Floats, Floats]]) -> Floats:
    """Repeat damped Newton steps until they vanish.

    Args:
        start: Where to begin; the last axis holds the parameters, earlier ones separate problems.
        step: Given the point, the Newton step and its reach (the most it moves any log-odds).

    Raises:
        ArithmeticError: The steps did not vanish, or a system had no solution.
    """
    point = start
    for _ in range(STEPS):
        try:
            move, reach = step(point)
        except np.linalg.LinAlgError as error:
            raise ArithmeticError(f"the ratings have no unique solution: {error}") from error
        point = point + damping(reach)[..., None] * move
        if np.max(reach) <= TOLERANCE:
            return point
    raise ArithmeticError(f"the ratings did not settle in {STEPS} Newton steps")


def regular(curvature: Floats, ridge: Floats) -> Floats:
    """Turn the curvature of pairs into a regular Hessian of the strengths.

    Args:
        curvature: Symmetric, shape (rounds, models, models).
        ridge: Shape (rounds,). Where it is 0 a common shift of all strengths changes no likelihood,
            so the model with the most weight is held in place instead.
    """
    rounds, count, _ = curvature.shape
    degree = curvature.sum(axis=2)
    hold = np.zeros((rounds, count))
    firm = degree.argmax(axis=1)
    hold[np.arange(rounds), firm] = np.where(ridge > 0, 0.0, degree.max(axis=1))
    diagonal = np.arange(count)
    hessian = -curvature
    hessian[:, diagonal, diagonal] += degree + hold + ridge[:, None]
    return hessian


def fit_wins(wins: Floats, ridge: Floats, start: Floats | None = None) -> Floats:
    """Fit Bradley-Terry strengths (natural log-odds, mean 0) to many win matrices at once.

    Args:
        wins: Weight won by row model over column model, shape (rounds, models, models).
        ridge: Penalty on the squared strengths of each round, shape (rounds,); 0 for none.
        start: Strengths to begin with, shape (models,) or (rounds, models).

    Returns:
        Strengths, shape (rounds, models).
    """
    rounds, count, _ = wins.shape
    games = wins + wins.transpose(0, 2, 1)
    won = wins.sum(axis=2)

    def step(point: Floats) -> tuple[Floats, Floats]:
        expected = sigmoid(point[:, :, None] - point[:, None, :])
        slope = won - (games * expected).sum(axis=2) - ridge[:, None] * point
        curvature = games * expected * (1.0 - expected)
        move = np.linalg.solve(regular(curvature, ridge), slope[:, :, None])[:, :, 0]
        return move, np.ptp(move, axis=1)

    first = np.zeros(count) if start is None else start
    point = minimise(np.broadcast_to(first, (rounds, count)), step)
    return np.asarray(point - point.mean(axis=1, keepdims=True))
