"""A published file as a table of battles: the same rows, in the columns that battles have here."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from ...tools.tables import Batch, Reject, Row, Table
from ...tools.tables.objects import as_array
from .formats import GRADES_ALONE, Format, singles
from .values import Context, NoVerdict

RUN = 4096
"""Battles of one batch."""
FIRST = 50
"""Rows that tell which columns there are."""


class Published:
    """A table in the columns of battles, made of one in the columns of a published format."""

    complete, format = False, ""

    def __init__(self, table: Table, kind: Format, context: Context) -> None:
        self.kind, self.context = kind, context
        self.path, self.counted = table.path, table.counted
        self.ordered = kind.ordered
        self.unjudged = 0
        """Rows, or single games of a row, in which the judge gave no verdict."""
        self._found = self._battles(table.rows())
        self._first = list(islice(self._found, FIRST))
        self.head: dict[str, Any] = {}
        for row in self._first:
            if isinstance(row, Row):
                self.head |= {k: v for k, v in row.values.items() if self.head.get(k) is None}

    def rows(self, names: Collection[str] | None = None) -> Iterator[Row | Reject]:
        """Yield the battles, each with the number of the row that it stands in."""
        yield from self._first
        yield from self._found

    def batches(
        self,
        names: Sequence[str],
        *,
        optional: Collection[str] = (),
        absent: Mapping[str, Any] | None = None,
        long: Collection[str] = (),
    ) -> Iterator[Batch]:
        """Yield some columns of the battles."""
        rows = self.rows()
        while found := list(islice(rows, RUN)):
            sound = [row for row in found if isinstance(row, Row)]
            had = set[str]().union(*(row.values for row in sound))
            columns = {
                name: as_array([r.values.get(name, (absent or {}).get(name)) for r in sound])
                for name in names
                if name in had or name not in optional
            }
            numbers = np.array([row.number for row in sound], dtype=np.int64)
            yield Batch(columns, numbers, [r for r in found if isinstance(r, Reject)])

    def _battles(self, rows: Iterable[Row | Reject]) -> Iterator[Row | Reject]:
        if self.kind in GRADES_ALONE:
            yield from self._paired(rows)
            return
        for row in rows:
            if isinstance(row, Reject):
                yield row
                continue
            self.context.lost.clear()
            try:
                for battle in self.kind.read(row.values, row.number, self.context):
                    yield Row(row.number, battle)
                yield from self._failed(row.number, self.context.lost, len(self.context.lost))
            except NoVerdict as none:
                yield from self._failed(row.number, none.games, 1)
            except (KeyError, TypeError, AttributeError) as error:
                yield Reject(row.number, f"is no row of {self.kind.name}: {error}")

    def _failed(self, number: int, games: Iterable[Mapping[str, Any]], count: int) -> Iterator[Row]:
        """Count what has no verdict, and yield it where it is wanted."""
        self.unjudged += count
        if self.context.failures:
            yield from (Row(number, {**game, "winner": ""}) for game in games)

    def _paired(self, rows: Iterable[Row | Reject]) -> Iterator[Row | Reject]:
        broken: list[Reject] = []

        def graded() -> Iterator[tuple[int, dict[str, Any]]]:
            for row in rows:
                if isinstance(row, Reject):
                    broken.append(row)
                else:
                    yield row.number, row.values

        for number, battle in singles(graded()):
            if battle is None:
                self.unjudged += 1
            else:
                yield Row(number, battle)
        yield from broken
