"""The jurors' games inside the battles of a run, as rows: what the battles of a run are rated by.

A battle of a run was judged in both orders by every juror, so its winner hides how sure the jury was
and where it contradicted itself; its games tell. Where the jurors conferred a game holds two votes: the
last one rates, and what the juror said by itself before tells of agreement.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa

from ...agents.verdicts import MUCH_BETTER
from ...tools.ratings.table import Floats, Ints, columns_in_order
from ...tools.tables import Batch
from .arrays import coded, codes, compute, joined, mapped, numbers
from .battles import Columns, Judging, named

FIRST = {"model_a": 1.0, "model_b": 0.0}
FIELDS = ("juror", "shown_first", "score_a", "score_b")
SETTLED = {"checker": 1.0, "identical": 1.0}
"""Whom the games of an arena name as the judge where no juror was needed."""
ARENA_GAMES = "arena games"
"""The format that the file of an arena's games declares."""
SHOWN = ("score_a", "score_b")
BEFORE = ("before_a", "before_b")
"""A juror's points before it conferred; those after it where it did not."""


def has_games(batch: Batch) -> bool:
    """Tell whether the rows hold the games of a run's battles."""
    if "games" not in batch.columns or not pa.types.is_list(batch.columns["games"].type):
        return False
    kind = batch.columns["games"].type.value_type
    return pa.types.is_struct(kind) and {field.name for field in kind} >= set(FIELDS)


def games_of(batch: Batch, rows: Columns, strength: float) -> Columns:
    """Return the games of some battles, and each battle without games as it is.

    Args:
        batch: The battles, with their games.
        rows: The same battles as columns.
        strength: What a game counts in which a five-grade juror calls an answer much better.

    Returns:
        The games first, what was shown first as model_a; then the battles without games.
    """
    lists = batch.columns["games"]
    games = lists.flatten()
    parent = numbers(compute.list_parent_indices(lists)).astype(np.int64)
    whole = np.setdiff1d(np.arange(len(batch)), parent)
    at = np.concatenate([parent, whole])
    juror = coded(games.field("juror"))
    back = np.zeros(len(at), dtype=np.bool_)
    back[: len(games)] = mapped(coded(games.field("shown_first")), FIRST) == 0.0

    def won(names: tuple[str, str]) -> Floats:
        found = np.append(_won(games, names), rows.score[whole])
        return np.where(back, 1.0 - found, found)

    names, code = joined([rows.model_a, rows.model_b])
    a, b = columns_in_order(code[: len(batch)][at], code[len(batch) :][at], back)
    style_a, style_b = columns_in_order(rows.style_a[at], rows.style_b[at], back[:, None])
    index = pa.array(at)
    return Columns(
        question=rows.question.take(index),
        model_a=named(a, names),
        model_b=named(b, names),
        score=won(SHOWN),
        weight=rows.weight[at] * np.append(_strong(games, strength), np.ones(len(whole))),
        judge=named(np.append(codes(juror), np.full(len(whole), -1)), juror.dictionary),
        group=rows.group.take(index) if rows.group else None,
        style_a=style_a,
        style_b=style_b,
        judging=Judging(
            battle=at,
            share=np.append(_share(parent, codes(juror)), np.ones(len(whole))),
            settled=np.arange(len(at)) >= len(games),
            alone=won(BEFORE if set(BEFORE) <= {f.name for f in games.type} else SHOWN),
        ),
    )


def _won(games: pa.StructArray, names: tuple[str, str]) -> Floats:
    """Return model_a's share of the win by two fields of points."""
    ahead, behind = (numbers(games.field(name)) for name in names)
    return np.asarray(0.5 + 0.5 * np.sign(ahead - behind))


def _strong(games: pa.StructArray, strength: float) -> Floats:
    ahead, behind = (numbers(games.field(name)) for name in SHOWN)
    high, low = MUCH_BETTER
    strong = (np.maximum(ahead, behind) == high) & (np.minimum(ahead, behind) == low)
    return np.where(strong, strength, 1.0)


def _share(battle: Ints, juror: Ints) -> Floats:
    """Return what each game counts: one of as many as the jurors of its battle could judge."""
    if not len(battle):
        return np.zeros(0)
    seats = int(juror.max()) + 2
    jurors = np.unique(battle * seats + juror + 1) // seats
    return np.asarray(0.5 / np.bincount(jurors, minlength=int(battle.max()) + 1)[battle])


def arena_judging(batch: Batch, rows: Columns) -> Columns:
    """Return the games of an arena, with what is told of jurors that conferred or were not needed."""
    settled = mapped(rows.judge, SETTLED) == 1.0
    alone = rows.score
    if set(BEFORE) <= batch.columns.keys():
        ahead, behind = (numbers(batch.columns[name]) for name in BEFORE)
        told = 0.5 + 0.5 * np.sign(ahead - behind)
        alone = np.where(np.isnan(told), alone, told)
    judge = named(np.where(settled, -1, codes(rows.judge)), rows.judge.dictionary)
    judging = Judging(_meetings(rows), rows.weight, settled, alone)
    return replace(rows, judge=judge, weight=np.ones(len(alone)), judging=judging)


def _meetings(rows: Columns) -> Ints:
    """Number the question and pair of each row."""
    _, code = joined([rows.model_a, rows.model_b])
    count, half = int(code.max()) + 1, len(code) // 2
    low, high = np.minimum(code[:half], code[half:]), np.maximum(code[:half], code[half:])
    key = (codes(rows.question) * count + low) * count + high
    return np.asarray(np.unique(key, return_inverse=True)[1])


def cascaded(batch: Batch, rows: Columns) -> Counter[str]:
    """Count how the battles of a run went through a cascade; `rows` are the same as columns."""
    if rows.judging is None or "cascade" not in batch.columns:
        return Counter()
    words = coded(batch.columns["cascade"])
    if not has_games(batch):
        words = words.take(pa.array(np.unique(rows.judging.battle, return_index=True)[1]))
    return Counter(word for word in words.to_pylist() if word)
