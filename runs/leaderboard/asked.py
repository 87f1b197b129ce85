"""Which rows are asked for: those of some judges, with some values in some columns."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np

from ...agents.errors import UserError
from ...tools.ratings.connection import Bools
from ...tools.tables import Batch
from .arrays import coded, codes

NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?")
"""Values that are numbers: 007 is a name, and so is what has more digits than a number holds."""
SHOWN = 20
"""Names that are listed of what there is."""


@dataclass(frozen=True)
class Asked:
    """The judges and values that are asked for; nothing asks for all."""

    judges: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns with the values that a row may have there."""

    @classmethod
    def of(cls, judges: Iterable[str] | None, where: Iterable[str] | None) -> Self:
        """Read what the command line says: names of judges, and COLUMN=VALUE.

        Raises:
            UserError: It is not written so.
        """
        values: dict[str, tuple[str, ...]] = {}
        for text in where or ():
            name, equals, value = text.partition("=")
            if not (equals and name.strip()):
                raise UserError(
                    f"--where {text!r}: write COLUMN=VALUE, for example category=coding"
                )
            values[name.strip()] = (*values.get(name.strip(), ()), value)
        return cls(tuple(judges or ()), values)

    def judge(self, name: str) -> bool:
        """Tell whether a judge is one of those."""
        return not self.judges or _folded(name) in self._judges

    @cached_property
    def _judges(self) -> frozenset[str]:
        return frozenset(map(_folded, self.judges))


@dataclass
class Met:
    """What there is of the judges and values that are asked for."""

    asked: Asked
    judges: Counter[str] = field(default_factory=Counter)
    """Rows of each judge, among those with the values."""
    values: dict[str, Counter[str]] = field(default_factory=dict)
    """Rows of each value, by column."""

    def rows(self, batch: Batch) -> Bools:
        """Tell which rows have the values, in any one of several of a column; none is an empty one."""
        keep = np.ones(len(batch), dtype=np.bool_)
        for name, values in self.asked.where.items():
            if (column := batch.columns.get(name)) is None:
                keep[:] = False
                continue
            held = coded(column)
            code = codes(held)
            names = [*map(str, held.dictionary.to_pylist()), ""]
            counts = np.bincount(np.where(code < 0, len(names) - 1, code), minlength=len(names))
            told = self.values.setdefault(name, Counter())
            told.update({v.strip(): n for v, n in zip(names, counts.tolist(), strict=True) if n})
            asked = frozenset(map(_value, values))
            keep &= np.array([_value(v) in asked for v in names], dtype=np.bool_)[code]
        return keep

    def judge(self, name: str, rows: int = 1) -> bool:
        """Note rows of a judge, and tell whether it is one of those asked for."""
        self.judges[name] += rows
        return self.asked.judge(name)

    def told(self) -> Iterator[str]:
        """Yield what is asked for in words, with what there is."""
        for name, values in self.asked.where.items():
            yield f"{name}={' or '.join(values)}{_there(self.values.get(name, Counter()))}"
        if self.asked.judges:
            yield f"judge {' or '.join(self.asked.judges)}{_there(self.judges)}"

    def check(self, files: str) -> None:
        """Refuse a judge or a value that no row has: it is mistyped.

        Raises:
            UserError: There is one.
        """
        for name, values in self.asked.where.items():
            there = self.values.get(name, Counter())
            if lacks := _lacking(values, there, _value):
                raise UserError(f"{files}: --where {name}={lacks}: no row has it{_there(there)}")
        if lacks := _lacking(self.asked.judges, self.judges, _folded):
            raise UserError(f"{files}: --judge {lacks}: no row is of it{_there(self.judges)}")


def _lacking(
    asked: Iterable[str], there: Iterable[str], as_compared: Callable[[str], str]
) -> str | None:
    known = set(map(as_compared, there))
    return next((name for name in asked if as_compared(name) not in known), None)


def _there(names: Counter[str]) -> str:
    found = [name or "(empty)" for name, _ in names.most_common(SHOWN)]
    more = ", …" if len(names) > SHOWN else ""
    return f" (there are: {', '.join(found)}{more})" if found else ""


def _folded(name: str) -> str:
    return name.strip().lower()


def _value(text: str) -> str:
    """Return a value as it is compared: 1 and 1.0 are one number, whoever wrote it."""
    bare = _folded(text)
    return repr(float(bare)) if NUMBER.fullmatch(bare) else bare


ALL = Asked()
