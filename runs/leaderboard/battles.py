"""Battles as columns of numbers: the rows of all files, checked, joined and counted.

A row is a battle as a file tells it, or one juror's game inside a battle of a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ...tools.ratings.connection import Bools
from ...tools.ratings.table import BattleTable, Floats, Ints, some
from .arrays import chosen, joined


@dataclass(frozen=True, eq=False)
class Labels:
    """A column of names: codes into `names`."""

    codes: Ints
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Judging:
    """How a run came to its rows; each of shape (rows,)."""

    battle: Ints
    """Which battle a row is of: the games of one battle are several rows."""
    share: Floats
    """What a row counts where the games themselves rate."""
    settled: Bools
    """Decided without a juror: by a checker, or since the answers are identical."""
    alone: Floats
    """model_a's share of the win before the jurors conferred."""

    @classmethod
    def plain(cls, score: Floats) -> "Judging":
        """Return that of rows which are battles of their own, each told by one judge by itself."""
        count = len(score)
        return cls(np.arange(count), np.ones(count), np.zeros(count, dtype=np.bool_), score)


@dataclass(frozen=True, eq=False)
class Battles:
    """Battles with what the boards need beside the table itself."""

    table: BattleTable
    questions: pa.Array
    """Question ids by number."""
    judge: Labels | None
    group: Labels | None
    """The column of `--by`."""
    style: tuple[str, ...]
    style_a: Floats
    """Shape (battles, style)."""
    style_b: Floats
    judging: Judging | None = None
    """None where no file is a run's: then every row is a battle of its own."""

    @property
    def nested(self) -> bool:
        """Whether there are games from inside a run's battles."""
        return self.judging is not None and bool((self.judging.share < 1.0).any())

    @property
    def settled(self) -> int:
        """How many rows no juror decided."""
        return int(self.judging.settled.sum()) if self.judging else 0

    @property
    def conferred(self) -> bool:
        """Whether jurors conferred and said another thing before."""
        return self.judging is not None and bool((self.judging.alone != self.table.score).any())

    def told(self) -> "Battles":
        """Return the rows that jurors decided; all rows, where no juror decided any."""
        if self.judging is None or not self.settled:
            return self
        return self.where(~self.judging.settled) or self

    def alone(self) -> "Battles":
        """Return the rows with what jurors said before they conferred."""
        if self.judging is None:
            return self
        return replace(self, table=replace(self.table, score=self.judging.alone))

    def each(self) -> BattleTable:
        """Return one row of every battle, to count by; its score is the mean of its games."""
        if not self.nested or self.judging is None:
            return self.table
        table = self.table
        _, at, battle = np.unique(self.judging.battle, return_index=True, return_inverse=True)
        forth = table.a == table.a[at][battle]
        mean = np.bincount(battle, np.where(forth, table.score, 1.0 - table.score)) / np.bincount(
            battle
        )
        first = np.zeros(len(table), dtype=np.bool_)
        first[at] = True
        return some(replace(table, score=mean[battle]), first)

    def where(self, rows: Bools) -> "Battles | None":
        """Return some rows with the models that they name; None where there are none."""
        if not rows.any():
            return None
        found = some(self, rows)
        return replace(found, table=_narrowed(found.table))

    def repeated(self, files: Sequence[int]) -> tuple[int, int]:
        """Count the rows that may be told twice; `files` tells how many rows each file gave.

        First those whose question, models, order and judge stand in an earlier file, then those whose
        verdict too stands in an earlier row of the same file.
        """
        table, count = self.table, len(self.table.models)
        key = (table.question * count + table.a) * count + table.b
        if self.judge:
            key = key * len(self.judge.names) + self.judge.codes
        file = np.repeat(np.arange(len(files)), files)
        _, first, same = np.unique(key, return_index=True, return_inverse=True)
        elsewhere = file[first][same] < file
        scores, score = np.unique(table.score, return_inverse=True)
        told = (same * len(scores) + score)[~elsewhere]  # all of one key are of one file
        return int(elsewhere.sum()), len(told) - len(np.unique(told))

    def groups(self) -> dict[str, Bools]:
        """Return the rows of each value of `--by`, in order of the values."""
        if self.group is None:
            return {}
        found = [int(code) for code in np.unique(self.group.codes)]
        named = sorted((self.group.names[code], code) for code in found)
        return {name: self.group.codes == code for name, code in named}


@dataclass(frozen=True, eq=False)
class Columns:
    """Checked rows of one batch or file."""

    question: pa.DictionaryArray
    model_a: pa.DictionaryArray
    model_b: pa.DictionaryArray
    score: Floats
    weight: Floats
    judge: pa.DictionaryArray
    group: pa.DictionaryArray | None
    style_a: Floats
    style_b: Floats
    judging: Judging | None = None
    """Of a run's rows; battles are numbered within the part."""

    def where(self, rows: Bools) -> "Columns":
        """Return some rows."""
        at = chosen(rows)
        named = {k: v.take(at) for k, v in vars(self).items() if isinstance(v, pa.Array)}
        return replace(some(self, rows), **named)


def together(parts: Sequence[Columns], style: tuple[str, ...]) -> Battles:
    """Join batches into one table; models are numbered by name, whatever their order and side."""
    names, model = joined([*(p.model_a for p in parts), *(p.model_b for p in parts)])
    models, model = by_name(names.to_pylist(), model)
    questions, question = joined([p.question for p in parts])
    half = len(model) // 2
    table = BattleTable(
        a=model[:half],
        b=model[half:],
        score=np.concatenate([p.score for p in parts]),
        weight=np.concatenate([p.weight for p in parts]),
        question=question,
        models=models,
    )
    groups = [p.group for p in parts if p.group is not None]
    judge = labels([p.judge for p in parts])
    return Battles(
        table=table,
        questions=questions,
        judge=judge if any(judge.names) else None,
        group=labels(groups) if groups else None,
        style=style,
        style_a=np.concatenate([p.style_a for p in parts]),
        style_b=np.concatenate([p.style_b for p in parts]),
        judging=_judging(parts),
    )


def _judging(parts: Sequence[Columns]) -> Judging | None:
    """Join what is known of the rows' judging, battles numbered on from part to part."""
    if not any(part.judging for part in parts):
        return None
    found = [part.judging or Judging.plain(part.score) for part in parts]
    ends = np.cumsum([int(j.battle.max(initial=-1)) + 1 for j in found])
    shifted = [j.battle + first for j, first in zip(found, [0, *ends], strict=False)]
    return Judging(
        np.concatenate(shifted),
        np.concatenate([j.share for j in found]),
        np.concatenate([j.settled for j in found]),
        np.concatenate([j.alone for j in found]),
    )


def named(codes: Ints, names: pa.Array) -> pa.DictionaryArray:
    """Return codes into names as a column of Arrow; -1 is no name."""
    nobody = codes < 0
    held = pa.array(codes.astype(np.int32), mask=nobody if nobody.any() else None)
    return pa.DictionaryArray.from_arrays(held, names)


def labels(parts: list[pa.DictionaryArray]) -> Labels:
    """Join the batches of a column of names; null is named ""."""
    found, codes = joined(parts)
    names = [*(name or "" for name in found.to_pylist()), ""]
    nobody = names.index("")
    ordered, codes = by_name(names, np.where(codes < 0, nobody, codes))
    return Labels(codes, ordered)


def by_name(listed: list[str], codes: Ints) -> tuple[tuple[str, ...], Ints]:
    """Renumber codes so that the names that occur come in alphabetical order."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(listed)))
    order = sorted(used.tolist(), key=lambda code: listed[code])
    number = np.zeros(len(listed), dtype=np.int64)
    number[order] = np.arange(len(order))
    return tuple(listed[code] for code in order), number[codes]


def _narrowed(table: BattleTable) -> BattleTable:
    """Return battles with those models alone that they name."""
    sides = np.concatenate([table.a, table.b])
    used = np.flatnonzero(np.bincount(sides, minlength=len(table.models)))
    number = np.zeros(len(table.models), dtype=np.int64)
    number[used] = np.arange(len(used))
    models = tuple(table.models[i] for i in used)
    return replace(table, a=number[table.a], b=number[table.b], models=models)
