"""From single verdicts to what is rated: how much each counts, and how they are joined.

One rule holds for the games of a run's battles here and where a run rates its own round
(`graphs/arena/rows.py`).
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from ...tools.ratings.flips import flips
from ...tools.ratings.panel import panel
from ...tools.ratings.share import FLIPPED_WEIGHT
from ...tools.ratings.table import Floats, add_up
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
