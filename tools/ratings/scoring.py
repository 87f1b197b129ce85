"""The maximum of the likelihood of judges: Newton's method with a line search.

The likelihood of strengths and discriminations together need not be concave; where it is not, the
step is that of Fisher scoring, which always goes up. Given the strengths judges do not touch each
other, so their blocks of three parameters are eliminated one by one: ten thousand judges cost no
more than a product of matrices.
"""

import numpy as np

from .connection import Bools
from .davidson import Point, Prior, Slopes, loss, slopes
from .judged import Counts
from .newton import STEPS, TOLERANCE, regular
from .table import Floats, add_up

SMALLEST = 1e-9
"""Share of a step below which rounding, not the direction, stops the search."""


def fit_point(counts: Counts, prior: Prior, start: Point) -> Point:
    """Return the maximum of likelihood times prior, near `start`.

    Raises:
        ArithmeticError: The search did not settle.
    """
    point = start
    value = loss(counts, prior, point)
    for _ in range(STEPS):
        step = _direction(counts, prior, point)
        point, value = _searched(counts, prior, (point, value), step)
        if step.reach() <= TOLERANCE:
            return point
    raise ArithmeticError(f"the judges did not settle in {STEPS} steps")


def _searched(
    counts: Counts, prior: Prior, at: tuple[Point, float], step: Point
) -> tuple[Point, float]:
    """Go along a step as far as the loss does not rise."""
    point, best = at
    share = 1.0
    # The loss is a sum over games whose parts cancel: its last digits are those of the parts.
    slack = 1e-12 * (abs(best) + float((counts.won + counts.lost + counts.tied).sum()))
    while share > SMALLEST:
        tried = point.moved(step, share)
        value = loss(counts, prior, tried)
        if value <= best + slack:
            return tried, value
        share /= 2.0
    raise ArithmeticError("the judges did not settle: no step lowers the loss")


def _direction(counts: Counts, prior: Prior, point: Point) -> Point:
    """Return Newton's step where the loss is convex, else that of Fisher scoring."""
    at = slopes(counts, point)
    try:
        return _step(counts, prior, point, at, exact=True)
    except np.linalg.LinAlgError:
        pass
    try:
        return _step(counts, prior, point, at, exact=False)
    except np.linalg.LinAlgError as error:
        raise ArithmeticError(f"the judges have no unique solution: {error}") from error


def _step(counts: Counts, prior: Prior, point: Point, at: Slopes, *, exact: bool) -> Point:
    """Return a step down; raises LinAlgError where the curvature is not positive."""
    models, judges = len(point.strength), len(point.judge)
    pull = at.g * at.up
    slope = add_up(counts.first, pull, models) - add_up(counts.second, pull, models)
    slope -= prior.ridge * point.strength
    judge_slope = np.stack(
        [
            add_up(counts.judge, values, judges)
            for values in (
                at.up * at.odds.lead,
                counts.tied - at.games * at.odds.tie,
                at.up,
            )
        ],
        axis=1,
    )
    # u bends the log-odds themselves; what that adds may curve up or down.
    bend = -judge_slope[:, 0] if exact else np.maximum(-judge_slope[:, 0], 0.0)
    judge_slope -= prior.precision * (point.judge - prior.centre)
    block = _blocks(counts, judges, at)
    block[:, 0, 0] += bend
    block += np.diag(prior.precision)
    pairs = add_up(counts.first * models + counts.second, at.g**2 * at.curve, models**2)
    square = pairs.reshape(1, models, models)
    hessian = regular(square + square.transpose(0, 2, 1), np.array([prior.ridge]))[0]
    mixed = at.curve * at.odds.lead - (at.up if exact else 0.0)
    border = _border(counts, (models, judges), [at.g * v for v in (mixed, at.cross, at.curve)])
    return _solved(hessian, border, block, (slope, judge_slope), prior.free)


def _blocks(counts: Counts, judges: int, at: Slopes) -> Floats:
    """Return the curvature of each judge's own parameters, shape (judges, 3, 3)."""
    lead, tie = at.odds.lead, at.odds.tie
    block = np.zeros((judges, 3, 3))
    for (row, column), values in {
        (0, 0): at.curve * lead**2,
        (0, 1): at.cross * lead,
        (0, 2): at.curve * lead,
        (1, 1): at.games * tie * (1.0 - tie),
        (1, 2): at.cross,
        (2, 2): at.curve,
    }.items():
        block[:, row, column] = block[:, column, row] = add_up(counts.judge, values, judges)
    return block


def _border(counts: Counts, size: tuple[int, int], values: list[Floats]) -> Floats:
    """Return the curvature between strengths and judges, shape (judges, models, 3)."""
    models, judges = size
    forth = counts.judge * models + counts.first
    back = counts.judge * models + counts.second
    flat = [
        add_up(forth, each, judges * models) - add_up(back, each, judges * models)
        for each in values
    ]
    return np.stack(flat, axis=1).reshape(judges, models, 3)


def _solved(
    hessian: Floats, border: Floats, block: Floats, rises: tuple[Floats, Floats], free: Bools
) -> Point:
    """Solve for the step; parameters that are not free do not move.

    Raises:
        LinAlgError: The curvature is not positive, so that the step might not go down.
    """
    slope, judge_slope = rises[0], rises[1] * free
    border = border * free[:, None, :]
    block = np.where(free[:, :, None] & free[:, None, :], block, np.eye(3))
    np.linalg.cholesky(block)
    inverse = np.linalg.inv(block)
    through = border @ inverse
    models = len(slope)
    wide = through.transpose(1, 0, 2).reshape(models, -1)
    left = hessian - wide @ border.transpose(1, 0, 2).reshape(models, -1).T
    np.linalg.cholesky(left)
    strength: Floats = np.asarray(
        np.linalg.solve(left, slope - wide @ judge_slope.ravel()), dtype=np.float64
    )
    rest = judge_slope - np.einsum("kmc,m->kc", border, strength)
    return Point(strength, np.asarray(np.einsum("kcd,kd->kc", inverse, rest)))
