"""From single verdicts to what is rated: how much each counts, how they are joined, where judges agree.

One rule holds for the games of a run's battles here and where a run rates its own round
(`graphs/arena/verdict.py`).
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from ...tools.ratings.agreement import Agreement, compare
from ...tools.ratings.connection import Bools
from ...tools.ratings.panel import panel
from ...tools.ratings.position import flips
from ...tools.ratings.share import FLIPPED_WEIGHT
from ...tools.ratings.table import Floats, Ints, add_up
from .battles import Battles, Labels
from .options import Options


def weighed(battles: Battles, options: Options) -> Battles:
    """Return the rows with the weight at which they rate.

    A game inside a run's battle weighs one part of as many as its jurors could judge, so that a battle
    counts once whoever judged it; one of an arena weighs what the arena wrote. Under a majority or a
    median the rows of a battle are joined later.
    """
    if options.aggregate in ("majority", "median"):
        return battles
    weight = battles.table.weight
    if battles.judging:
        weight = weight * battles.judging.share
    flipped = options.inconsistent_weight(nested=battles.nested)
    if flipped is not None and flipped != 1.0:
        rows = flips(battles.table, judges_of(battles).codes).rows
        weight = weight * np.where(rows, flipped, 1.0)
    return replace(battles, table=replace(battles.table, weight=weight))


def judges_of(battles: Battles) -> Labels:
    """Return the judge of each row; rows without one are all of one judge without a name."""
    return battles.judge or Labels(np.zeros(len(battles.table), dtype=np.int64), ("",))


def merged(
    battles: Battles, how: Literal["majority", "median"], flipped: float | None = None
) -> Battles:
    """Join the rows of each question and pair into one battle.

    Raises:
        ValueError: No row has weight.
    """
    vote = FLIPPED_WEIGHT if flipped is None else flipped
    joined = panel(battles.table, judges_of(battles).codes, how, vote)
    rows = joined.battle >= 0
    forth = (battles.table.a < battles.table.b)[:, None]
    size = len(joined.table)

    def mean(values: Floats) -> Floats:
        """Average over the rows of each battle, shape (battles, style)."""
        seen = np.bincount(joined.battle[rows], minlength=size)
        summed = [add_up(joined.battle[rows], column[rows], size) / seen for column in values.T]
        return np.stack(summed, axis=1) if summed else np.zeros((size, 0))

    return Battles(
        table=joined.table,
        questions=battles.questions,
        judge=None,
        group=None,
        style=battles.style,
        style_a=mean(np.where(forth, battles.style_a, battles.style_b)),
        style_b=mean(np.where(forth, battles.style_b, battles.style_a)),
    )


MOST_JUDGES = 30
"""Compared pair by pair: of more judges, those with most battles in common with others."""


def agreement_of(battles: Battles, *, ordered: bool = True) -> Agreement:
    """Compare the judges on the same question and pair, in either order of the models.

    Where it is not known who was shown first, every pair counts as shown in both orders.
    """
    if battles.judge is None:
        return compare((), np.zeros((0, 0)))
    names = battles.judge.names
    if len(names) == 1:
        return compare(names, np.zeros((0, 1)))
    item, won, turned = _items(battles)
    judge, rows = _comparable(item, battles.judge.codes, len(names))
    shown = np.unique(judge) if len(judge) else np.unique(battles.judge.codes)[:MOST_JUDGES]
    items, number = np.unique(item[rows], return_inverse=True)
    matrix = _matrix(number, np.searchsorted(shown, judge), won[rows], (len(items), len(shown)))
    question = np.zeros(len(items), dtype=np.int64)
    question[number] = battles.table.question[rows]
    return compare(
        tuple(names[code] for code in shown), matrix, question, turned[items] | (not ordered)
    )


def _items(battles: Battles) -> tuple[Ints, Floats, Bools]:
    """Return each row's item and what the item's first model won; and which items were shown both ways.

    An item is a question and pair. Shown in one order, its first model is the one that the file has
    first; shown in both it has none, and agreement takes it both ways.
    """
    table = battles.table
    _, first, item = np.unique(table.meetings, return_index=True, return_inverse=True)
    forth = table.a == table.a[first][item]
    turned = np.bincount(item[~forth], minlength=len(first)) > 0
    return item, np.where(forth, table.score, 1.0 - table.score), turned


def _comparable(item: Ints, judge: Ints, judges: int) -> tuple[Ints, Bools]:
    """Return the judges of the rows, and which rows, that several judges decided."""
    rows = _shared(item, judge, judges)
    busy = np.bincount(judge[rows], minlength=judges)
    if np.count_nonzero(busy) > MOST_JUDGES:
        kept = np.zeros(judges, dtype=np.bool_)
        kept[np.argsort(-busy, kind="stable")[:MOST_JUDGES]] = True
        rows &= kept[judge]
    return judge[rows], rows


def _shared(item: Ints, judge: Ints, judges: int) -> Bools:
    cells = np.unique(item * judges + judge)
    voters = np.bincount(cells // judges, minlength=int(item.max()) + 1)
    return np.asarray(voters[item] >= 2)


def _matrix(item: Ints, judge: Ints, won: Floats, shape: tuple[int, int]) -> Floats:
    """Return one label an item and judge: the side that won most of the judge's votes."""
    cell = item * shape[1] + judge
    size = shape[0] * shape[1]
    votes = np.bincount(cell, minlength=size)
    with np.errstate(invalid="ignore"):
        mean = add_up(cell, won, size) / votes
    # Halves do not sum to exact equality: a hair's breadth is no majority.
    label = 0.5 + 0.5 * np.sign(np.round(mean - 0.5, 9))
    return np.asarray(label.reshape(shape))


def spreads(battles: Battles) -> dict[str, float]:
    """Return how far models differ on each question: the variance of what they win there."""
    table, count = battles.table, len(battles.table.models)
    cell = np.concatenate([table.question * count + table.a, table.question * count + table.b])
    size = table.questions * count
    score = np.concatenate([table.score, 1.0 - table.score])
    won, seen = add_up(cell, score, size), np.bincount(cell, minlength=size)
    mean = np.where(seen > 0, won / np.maximum(seen, 1), np.nan).reshape(-1, count)
    names = battles.questions.to_pylist()
    return {
        str(names[at]): float(np.nanvar(mean[at]))
        for at in np.flatnonzero((~np.isnan(mean)).any(axis=1))
    }
