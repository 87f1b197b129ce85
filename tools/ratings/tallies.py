"""Wins by question as dense blocks: where questions hold many battles, resampling is a product.

A resample is how often each question came, times what each model won over each other one on it.
Counts of many resamples times blocks of questions is one matrix product a block, several times
faster than going through the battles once a resample.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .table import BattleTable, Floats, Ints, add_up

THIN = 50
"""Questions, and columns, of one matrix product: a threaded one waits longer than it works."""
MOST_QUESTIONS = 40_000
FEWEST_BATTLES = 4
"""Battles on a question, on average; with fewer, equal questions are better drawn as groups."""
MOST_CELLS = 64
"""Cells to multiply for each battle; with more, most of them are empty."""


@dataclass(frozen=True, eq=False)
class Tallies:
    """Battles sorted by question, with what each side won."""

    question: Ints
    """Questions that have battles, counted from 0."""
    places: tuple[Ints, Ints]
    """Where the win of each side is kept: its shelf, its row of THIN questions, its column."""
    won: tuple[Floats, Floats]
    questions: int
    cells: Ints
    """winner * models + loser, of the pairs that met; THIN to a shelf."""

    def times(self, counts: Floats) -> Floats:
        """Return what is won in resamples.

        Args:
            counts: How often each question came, shape (rounds, questions).

        Returns:
            Shape (rounds, cells).
        """
        shelves = -(-len(self.cells) // THIN)
        wins = np.zeros((shelves, len(counts), THIN))
        for first, block in self._blocks(shelves):
            part = counts[:, first : first + THIN]
            wins += part @ block[:, : part.shape[1]]
        return np.asarray(wins.transpose(1, 0, 2).reshape(len(counts), -1)[:, : len(self.cells)])

    def _blocks(self, shelves: int) -> Iterator[tuple[int, Floats]]:
        """Yield THIN questions at a time, shape (shelves, THIN questions, THIN cells)."""
        firsts = range(0, self.questions, THIN)
        ends = np.searchsorted(self.question, np.array([*firsts, self.questions]))
        for first, start, end in zip(firsts, ends[:-1], ends[1:], strict=True):
            place = np.concatenate([side[start:end] for side in self.places])
            won = np.concatenate([side[start:end] for side in self.won])
            block = add_up(place, won, shelves * THIN * THIN)
            yield first, block.reshape(shelves, THIN, THIN)


def tallies(table: BattleTable) -> Tallies | None:
    """Return the battles as tallies, or None where that would not pay."""
    present = np.bincount(table.question) > 0
    questions, count = int(present.sum()), len(table.models)
    if questions > MOST_QUESTIONS or len(table) < FEWEST_BATTLES * questions:
        return None
    forth = table.a * count + table.b
    cells = _met(forth, count)
    if len(cells) * questions > MOST_CELLS * len(table):
        return None
    # Below 65,536 numpy sorts by radix, which is faster.
    number = (np.cumsum(present) - 1).astype(np.uint16)[table.question]
    order = np.argsort(number, kind="stable")
    question, forth = number[order].astype(np.int64), forth[order]
    weight = np.where(table.a == table.b, 0.0, table.weight)[order]
    won = weight * table.score[order]
    shelf = _shelves(cells, count)
    row = question % THIN * THIN
    back = forth % count * count + forth // count
    places = (shelf[forth] + row, shelf[back] + row)
    return Tallies(question, places, (won, weight - won), questions, cells)


def _met(forth: Ints, count: int) -> Ints:
    """Return the cells of the pairs that met, both ways."""
    met = (np.bincount(forth, minlength=count**2) > 0).reshape(count, count)
    return np.flatnonzero((met | met.T) & ~np.eye(count, dtype=np.bool_))


def _shelves(cells: Ints, count: int) -> Ints:
    """Return shelf and column of each cell, as one place."""
    found = np.zeros(count**2, dtype=np.int64)
    at = np.arange(len(cells))
    found[cells] = at // THIN * (THIN * THIN) + at % THIN
    return found
