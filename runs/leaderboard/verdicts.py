"""From single verdicts to what is rated: whose verdicts count, how much, and how they are joined."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pyarrow as pa

from ...agents.errors import UserError
from ...graphs.ratings.flips import flips
from ...graphs.ratings.panel import FLIPPED_VOTE, panel
from ...graphs.ratings.table import Floats, Ints, add_up
from .battles import Battles, Columns, Labels, together
from .options import Options
from .reading import Loaded

NO_JUROR = "(no juror)"
"""Who decided a battle of a run that no juror saw: a checker, or equal answers."""


def verdicts(loaded: Loaded, options: Options) -> Battles:
    """Return the rows to rate: the files', or the jurors' single games where judges are joined.

    Battles that rate nobody, since the jury disputed them, leave out their games too; a battle
    without games stands for itself.

    Raises:
        UserError: Style is to be held equal, which games do not tell.
    """
    battles, games = loaded.battles, loaded.games
    if options.aggregate == "games" or games is None:
        return battles
    if options.control:
        raise UserError(
            f"--aggregate {options.aggregate} with --control needs lengths beside each verdict, and "
            "the games of a run have none: leave out one of the two"
        )
    whole = together([_columns(battles), _columns(games)], ())
    table, count = whole.table, len(whole.table.models)
    low, high = np.minimum(table.a, table.b), np.maximum(table.a, table.b)
    key = (table.question * count + low) * count + high
    own, played = key[: len(battles.table)], key[len(battles.table) :]
    kept = np.concatenate([~np.isin(own, played), np.isin(played, own)])
    return whole.where(kept) or battles


def _columns(battles: Battles) -> Columns:
    table = battles.table
    models = pa.array(table.models)
    judge = battles.judge or Labels(np.zeros(len(table), dtype=np.int64), (NO_JUROR,))
    nothing = np.zeros((len(table), 0))
    return Columns(
        question=_named(table.question, battles.questions),
        model_a=_named(table.a, models),
        model_b=_named(table.b, models),
        score=table.score,
        weight=table.weight,
        judge=_named(judge.codes, pa.array(judge.names)),
        group=_named(battles.group.codes, pa.array(battles.group.names)) if battles.group else None,
        style_a=nothing,
        style_b=nothing,
    )


def _named(codes: Ints, names: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names)


def judges_of(battles: Battles) -> Labels:
    """Return the judge of each row; rows without one are all of one judge without a name."""
    return battles.judge or Labels(np.zeros(len(battles.table), dtype=np.int64), ("",))


def reweighed(battles: Battles, options: Options) -> Battles:
    """Give the games of inconsistent pairs the weight that was asked for; a majority gives its own."""
    if options.flipped is None or options.aggregate == "majority":
        return battles
    rows = flips(battles.table, judges_of(battles).codes).rows
    weight = battles.table.weight * np.where(rows, options.flipped, 1.0)
    return replace(battles, table=replace(battles.table, weight=weight))


def merged(
    battles: Battles, how: Literal["majority", "median"], flipped: float | None = None
) -> Battles:
    """Join the rows of each question and pair into one battle.

    Raises:
        ValueError: No row has weight.
    """
    vote = FLIPPED_VOTE if flipped is None else flipped
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
