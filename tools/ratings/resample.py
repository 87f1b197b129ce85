"""Win matrices of resampled questions: the question bootstrap without touching the battles again.

Questions are drawn with replacement and bring all their battles along. A resample is how often each
question came, times what each model won over each other one on it. Where questions hold many battles
(`tallies`), counts of many resamples times blocks of questions are one matrix product a block, several
times faster than going through the battles once a resample. Otherwise battles are first summed by pair
and question; questions that hold one pair and the same result are interchangeable, so they are drawn as
one group with a multinomial count: a million questions often shrink to a few thousand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .connection import Bools
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


TOGETHER = 100
"""Resamples multiplied at once."""
SHRINK = 4
"""Group only when that leaves at most one in so many; many small groups are slow to draw."""


@dataclass(frozen=True, eq=False)
class Entries:
    """What each pair did on each question, sorted by pair; the lower model number comes first."""

    pair: Ints
    """low * models + high."""
    cluster: Ints
    """Which draw decides how often the entry counts."""
    low: Floats
    """Weight won by the lower model."""
    high: Floats


@dataclass(frozen=True, eq=False)
class Urn:
    """Clusters to draw from: first groups of equal questions, then questions one by one."""

    copies: Ints
    """Questions in each group."""
    singles: int
    """Questions drawn one by one."""

    def draw(self, rng: np.random.Generator) -> Floats:
        """Draw as many questions as there are; return how often each cluster came."""
        total = int(self.copies.sum()) + self.singles
        shares = np.append(self.copies, self.singles) / total
        hits = rng.multinomial(total, shares)
        drawn = rng.integers(0, max(self.singles, 1), hits[-1], dtype=np.uint32)
        alone = np.bincount(drawn, minlength=self.singles)
        return np.concatenate([hits[:-1], alone]).astype(np.float64)


def resampled_wins(table: BattleTable, rounds: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield stacks of win matrices of resampled questions, `rounds` in all.

    Each stack has the shape (some rounds, models, models) and stays below about 30 MB.
    """
    found = tallies(table)
    if found is None:
        return _summed(table, rounds, rng)
    return _multiplied(found, len(table.models), rounds, rng)


def _multiplied(
    found: Tallies, count: int, rounds: int, rng: np.random.Generator
) -> Iterator[Floats]:
    urn = Urn(np.zeros(0, dtype=np.int64), found.questions)
    together = min(TOGETHER, max(1, 4_000_000 // count**2))
    for done in range(0, rounds, together):
        times = np.stack([urn.draw(rng) for _ in range(min(together, rounds - done))])
        stack = np.zeros((len(times), count**2))
        stack[:, found.cells] = found.times(times)
        yield stack.reshape(-1, count, count)


def _summed(table: BattleTable, rounds: int, rng: np.random.Generator) -> Iterator[Floats]:
    count = len(table.models)
    entries, urn = _grouped(_entries(table), table)
    at = np.flatnonzero(np.diff(entries.pair, prepend=-1))
    cells = entries.pair[at]
    together = max(1, 4_000_000 // count**2)
    for done in range(0, rounds, together):
        stack = np.zeros((min(together, rounds - done), count, count))
        flat = stack.reshape(len(stack), -1)
        mirrored = cells % count * count + cells // count
        for row in flat:
            times = urn.draw(rng)[entries.cluster]
            row[cells] = np.add.reduceat(times * entries.low, at)
            row[mirrored] = np.add.reduceat(times * entries.high, at)
        yield stack


def _entries(table: BattleTable) -> Entries:
    """Sum the battles of one pair on one question; against oneself there is nothing to win."""
    flipped = table.a > table.b
    weight = np.where(table.a == table.b, 0.0, table.weight)
    won = weight * table.score
    lost = weight - won
    low = np.where(flipped, lost, won)
    high = np.where(flipped, won, lost)
    pair = np.minimum(table.a, table.b) * len(table.models) + np.maximum(table.a, table.b)
    key = pair * table.questions + table.question
    order = np.argsort(key)
    key = key[order]
    at = np.flatnonzero(np.diff(key, prepend=-1))
    return Entries(
        pair=key[at] // table.questions,
        cluster=key[at] % table.questions,
        low=np.add.reduceat(low[order], at),
        high=np.add.reduceat(high[order], at),
    )


def _grouped(entries: Entries, table: BattleTable) -> tuple[Entries, Urn]:
    """Join the questions that hold one entry and equal each other, if that saves enough."""
    per_question = np.bincount(entries.cluster, minlength=table.questions)
    # A question number without battles is no question: it must not be drawn.
    singles = per_question > 0
    alone = per_question[entries.cluster] == 1
    first, copies = _equal(entries, alone)
    if len(copies) * SHRINK > alone.sum():
        number = np.cumsum(singles) - 1
        whole = Entries(entries.pair, number[entries.cluster], entries.low, entries.high)
        return whole, Urn(np.zeros(0, dtype=np.int64), int(singles.sum()))
    singles &= per_question > 1
    number = np.cumsum(singles) - 1 + len(copies)
    kept = np.concatenate([first, np.flatnonzero(~alone)])
    cluster = np.concatenate([np.arange(len(first)), number[entries.cluster[~alone]]])
    order = np.argsort(entries.pair[kept], kind="stable")
    kept = kept[order]
    joined = Entries(entries.pair[kept], cluster[order], entries.low[kept], entries.high[kept])
    return joined, Urn(copies, int(singles.sum()))


def _equal(entries: Entries, alone: Bools) -> tuple[Ints, Ints]:
    """Return one entry of each kind among those alone on their question, and how many there are."""
    where = np.flatnonzero(alone)
    lows, low = np.unique(entries.low[where], return_inverse=True)
    highs, high = np.unique(entries.high[where], return_inverse=True)
    if max(len(lows), len(highs)) * SHRINK > len(where):
        return where, np.ones(len(where), dtype=np.int64)
    kind = (entries.pair[where] * len(lows) + low) * len(highs) + high
    _, first, copies = np.unique(kind, return_index=True, return_counts=True)
    return where[first], copies


def question_counts(table: BattleTable, rounds: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield how often each question was drawn, shape (questions,), once a round."""
    present = np.flatnonzero(np.bincount(table.question))
    for _ in range(rounds):
        drawn = present[rng.integers(0, len(present), len(present))]
        yield np.bincount(drawn, minlength=table.questions).astype(np.float64)
