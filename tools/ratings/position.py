"""What the order shown does: whether the first wins more often, and which verdicts turn when it is swapped.

A pair that one judge judged in both orders, each place winning once, is kept as it is, both its games, and
never called a tie; it may weigh less.
"""

from dataclasses import dataclass

import numpy as np

from .connection import Bools
from .table import BattleTable, Ints


@dataclass(frozen=True)
class Position:
    """Shares of the battle weight, 0 to 1, summing to 1."""

    first: float
    """Battles that the model shown first won. Fair judges give both places the same share only when
    every pair is shown in both orders; else strong models may simply stand first more often."""
    second: float
    ties: float

    @property
    def first_of_decided(self) -> float | None:
        """Return the first place's share of the battles that were no tie; None if all were ties."""
        decided = self.first + self.second
        return self.first / decided if decided else None


def position(table: BattleTable) -> Position:
    """Count who won by place; a graded score above 0.5 is a win of the model shown first."""
    total = float(table.weight.sum()) or 1.0
    first = float(table.weight[table.score > 0.5].sum()) / total
    second = float(table.weight[table.score < 0.5].sum()) / total
    ties = float(table.weight[table.score == 0.5].sum()) / total
    return Position(first, second, ties)


EVEN = 1e-9
"""Sums of halves are not exact: a lead below is none."""


@dataclass(frozen=True, eq=False)
class Flips:
    """How often judges held to their verdict when the order was swapped."""

    both: int
    """Pairs (of models, on one question, before one judge) that were judged in both orders."""
    inconsistent: int
    """Those in which each of the two orders has another winner."""
    rows: Bools
    """Which battles belong to an inconsistent pair, shape (battles,)."""


def flips(table: BattleTable, judge: Ints | None) -> Flips:
    """Find the inconsistent pairs; without judges, all battles are one judge's."""
    key = table.meetings
    if judge is not None:
        key += judge * (table.questions * len(table.models) ** 2)
    order = np.argsort(key)
    again = np.diff(key[order]) == 0
    # Most pairs are judged once: they are left out early, since there may be millions.
    order = order[np.append(again, False) | np.append(False, again)]
    rows = np.zeros(len(table), dtype=np.bool_)
    if not len(order):
        return Flips(0, 0, rows)
    at = np.flatnonzero(np.diff(key[order], prepend=-1))
    forth = (table.a <= table.b)[order]
    # By the model of the lower number, whichever side it stood on.
    lead = (table.score[order] - 0.5) * np.where(forth, 1.0, -1.0)
    ahead = np.add.reduceat(np.where(forth, lead, 0.0), at)
    behind = np.add.reduceat(np.where(forth, 0.0, lead), at)
    opposite = (np.minimum(ahead, behind) < -EVEN) & (np.maximum(ahead, behind) > EVEN)
    size = np.diff(at, append=len(order))
    shown = np.add.reduceat(forth.astype(np.int64), at)
    rows[order] = np.repeat(opposite, size)
    both = int(np.count_nonzero((shown > 0) & (shown < size)))
    return Flips(both, int(opposite.sum()), rows)
