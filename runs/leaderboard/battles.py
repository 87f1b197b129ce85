"""Battles as columns of numbers: the rows of all files, checked, joined and counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...graphs.ratings.connection import Bools
from ...graphs.ratings.table import BattleTable, Floats, Ints
from .arrays import joined


@dataclass(frozen=True, eq=False)
class Labels:
    """A column of names: codes into `names`."""

    codes: Ints
    names: tuple[str, ...]

    def where(self, rows: Bools) -> "Labels":
        """Return some rows."""
        return Labels(self.codes[rows], self.names)


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

    def where(self, rows: Bools) -> "Battles | None":
        """Return some rows with the models that they name; None where there are none."""
        if not rows.any():
            return None
        return Battles(
            _narrowed(self.table, rows),
            self.questions,
            self.judge and self.judge.where(rows),
            self.group and self.group.where(rows),
            self.style,
            self.style_a[rows],
            self.style_b[rows],
        )

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
    )


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


def _narrowed(table: BattleTable, rows: Bools) -> BattleTable:
    a, b = table.a[rows], table.b[rows]
    used = np.flatnonzero(np.bincount(np.concatenate([a, b]), minlength=len(table.models)))
    number = np.zeros(len(table.models), dtype=np.int64)
    number[used] = np.arange(len(used))
    return BattleTable(
        number[a],
        number[b],
        table.score[rows],
        table.weight[rows],
        table.question[rows],
        tuple(table.models[i] for i in used),
    )
