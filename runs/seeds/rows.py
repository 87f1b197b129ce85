"""Documents that are rows: JSONL, Parquet, and JSON files that hold records."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ...tools.tables import Row, kind_of, open_table, told_columns
from .document import Document, Origin, SeedReject, Unusable
from .licence import from_mapping
from .opening import iter_lines, open_regular
from .source import Source

Found = Document | SeedReject
ABOUT = frozenset({"title", "licence", "license", "source", "url", "private"})
"""Columns that tell where a text comes from, and what of it is private."""
PATIENCE = 1000
"""Rows without the text column after which the file is taken not to have it."""


class _Lines(io.RawIOBase):
    """Lines of text, whatever they were written in, as a file of UTF-8."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._left = lines, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or next(self._lines, "").encode("utf-8", "surrogatepass")
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


def as_utf8(path: Path) -> IO[bytes]:
    """Return a text file as UTF-8.

    Raises:
        Unusable: while it is read: it is binary, or holds a line that memory should not.
    """
    return io.BufferedReader(_Lines(iter_lines(path)), 1 << 16)


def read_rows(source: Source, column: str, origin: Origin) -> Iterator[Found]:
    """Yield one document a row; a broken row is a reject and the rest goes on.

    Raises:
        Unusable: it has no row, or no row has the text column.
    """
    binary = kind_of(source.path) == "parquet"
    text = None if binary else as_utf8(source.path)
    file = open_regular(source.path) if binary else None
    without: list[Row] = []
    some = known = False
    with open_table(source.path, text, file=file) as table:
        if table.complete and column not in table.head:
            raise _no_column(column, table.head)
        for row in table.rows({column, *ABOUT} & table.head.keys()):
            some = True
            if isinstance(row, Row) and not known and column not in row.values:
                without.append(row)
                if len(without) < PATIENCE:
                    continue
                raise _no_column(column, without[0].values)
            if isinstance(row, Row):
                known = True
                yield from (_document(source, *early, column, origin) for early in without)
                without.clear()
                yield _document(source, *row, column, origin)
            else:
                yield SeedReject(f"{source.name}#row-{row.number}", "unreadable", row.reason)
    if without:
        raise _no_column(column, without[0].values)
    if not some:
        raise Unusable("empty", "it has no row")


def records(value: Any, column: str) -> list[Any] | None:
    """Return the records with a text column in a parsed JSON file, or None where there are none."""
    if isinstance(value, dict):
        if isinstance(value.get(column), str):
            return [value]
        return next((found for v in value.values() if (found := _listed(v, column))), None)
    return _listed(value, column)


def read_records(source: Source, rows: list[Any], column: str, origin: Origin) -> Iterator[Found]:
    """Yield one document per record."""
    for number, row in enumerate(rows, 1):
        yield _document(source, number, row, column, origin)


def _listed(value: Any, column: str) -> list[Any] | None:
    if not isinstance(value, list):
        return None
    told = any(isinstance(row, dict) and isinstance(row.get(column), str) for row in value)
    return value if told else None


def _no_column(column: str, found: dict[str, Any]) -> Unusable:
    names = told_columns(found) or "none at all"
    return Unusable("no_text_column", f"no column {column!r} among: {names}; set seeds.text_column")


def _document(source: Source, number: int, row: Any, column: str, origin: Origin) -> Found:
    """Make a document of a row; what the row says about its origin comes before the manifest."""
    name = f"{source.name}#row-{number}"
    if isinstance(row, dict) and column not in row:
        return SeedReject(name, "no_text_column", str(_no_column(column, row)))
    text = row.get(column) if isinstance(row, dict) else None
    if not isinstance(text, str):
        return SeedReject(name, "unreadable", f"column {column!r} holds {type(text).__name__}")
    own = from_mapping(row)
    return Document(name, text.replace("\r\n", "\n"), title=own.title, origin=own.over(origin))
