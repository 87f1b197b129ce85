"""One battle for each question and pair, whoever judged it: by majority, or by the median judge."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .position import EVEN, flips
from .share import FLIPPED_WEIGHT
from .table import BattleTable, Floats, Ints, add_up, some


@dataclass(frozen=True, eq=False)
class Panel:
    """Battles that several rows became."""

    table: BattleTable
    """The model of the lower number is `a`; which one was shown first is no longer told."""
    battle: Ints
    """Into which battle each row went, shape (rows,); -1 for rows without weight."""


@dataclass(frozen=True, eq=False)
class _Ballots:
    """What each judge says of each battle."""

    battle: Ints
    mean: Floats
    """Mean score of the lower model over the judge's rows."""
    weight: Floats
    """Mean weight of the judge's rows: copies of a row say no more than the row."""
    steady: Floats
    """1, or 0 where the judge contradicts itself."""


def panel(
    table: BattleTable,
    judge: Ints,
    how: Literal["majority", "median"],
    flipped: float = FLIPPED_WEIGHT,
) -> Panel:
    """Join the rows of each question and pair, in either order, into one battle.

    Args:
        table: One row a verdict.
        judge: Number of the judge of each row, shape (rows,).
        how: `majority`: the side with most votes wins; where two have as many it is a tie.
            `median`: the median of the judges' mean scores is the score, so that no single judge can
            drag it far.
        flipped: Vote of an inconsistent judge under `majority`; even, it goes to both sides, half
            each, since it is no tie.

    Raises:
        ValueError: No row of two models has weight.
    """
    real = (table.a != table.b) & (table.weight > 0)
    if not real.any():
        raise ValueError("no battle of two models has a weight above 0: nothing to rate")
    rows, by = (table, judge) if real.all() else (some(table, real), judge[real])
    count = len(table.models)
    items, item = np.unique(rows.meetings, return_inverse=True)
    ballots = _ballots(rows, by, item)
    voters = add_up(ballots.battle, np.ones(len(ballots.battle)), len(items))
    score = _majority(ballots, len(items), flipped) if how == "majority" else _median(ballots)
    battle = np.full(len(table), -1, dtype=np.int64)
    battle[real] = item
    joined = BattleTable(
        a=items // count % count,
        b=items % count,
        score=score,
        weight=add_up(ballots.battle, ballots.weight, len(items)) / voters,
        question=items // count**2,
        models=table.models,
    )
    return Panel(joined, battle)


def _ballots(rows: BattleTable, judge: Ints, item: Ints) -> _Ballots:
    judges = int(judge.max()) + 1
    cells, cell = np.unique(item * judges + judge, return_inverse=True)
    size = len(cells)
    score = np.where(rows.a < rows.b, rows.score, 1.0 - rows.score)
    weight = add_up(cell, rows.weight, size)
    steady = np.ones(size)
    steady[cell[flips(rows, judge).rows]] = 0.0
    mean = add_up(cell, rows.weight * score, size) / weight
    return _Ballots(cells // judges, mean, weight / np.bincount(cell, minlength=size), steady)


def _majority(ballots: _Ballots, battles: int, flipped: float) -> Floats:
    """Return 1, 0.5 or 0 for each battle."""
    lead = ballots.mean - 0.5
    sides = np.stack([lead > EVEN, lead < -EVEN, np.abs(lead) <= EVEN]).astype(np.float64)
    torn = (sides[2] > 0) & (ballots.steady == 0)
    sides[:, torn] = np.array([[0.5], [0.5], [0.0]])
    vote = ballots.weight * np.where(ballots.steady > 0, 1.0, flipped)
    low, high, tie = (add_up(ballots.battle, vote * side, battles) for side in sides)
    score = np.full(battles, 0.5)
    score[low > np.maximum(high, tie) + EVEN] = 1.0
    score[high > np.maximum(low, tie) + EVEN] = 0.0
    return score


def _median(ballots: _Ballots) -> Floats:
    order = np.lexsort((ballots.mean, ballots.battle))
    mean = ballots.mean[order]
    at = np.flatnonzero(np.diff(ballots.battle[order], prepend=-1))
    voters = np.diff(at, append=len(mean))
    return np.asarray(0.5 * (mean[at + (voters - 1) // 2] + mean[at + voters // 2]))
