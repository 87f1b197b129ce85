"""The cluster-robust covariance of a fit: how much the slopes of single questions spread.

The sandwich is inverse curvature, spread, inverse curvature; rows of one question are summed first,
since they share a prompt (Liang and Zeger 1986, "Longitudinal data analysis").
"""

from collections.abc import Iterable, Iterator

import numpy as np

from .table import BattleTable, Floats, add_up

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
