"""JSON as rows: an object a line, or an array of objects, at the top or inside an object."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from .table import FOREIGN, HEAD, TOO_LONG, Batch, Blocks, Kind, Reject, Row, TableError

if TYPE_CHECKING:
    import pyarrow as pa

Read = list[tuple[int, Any]]
"""Numbered rows; what is no object stands there as a text that says so."""


class JsonTable:
    """JSON objects, each with the keys it likes; an array in a file named .jsonl is one too."""

    complete = False

    def __init__(self, path: Path, file: IO[bytes], kind: Kind) -> None:
        self.path = path
        self._blocks = Blocks(path, file)
        lines = _filled(self._blocks.first)
        first = next(lines, b"").lstrip()
        by_line = kind == "jsonl" if first[:1] != b"[" else False
        if kind == "json" and first[:1] == b"{":
            by_line = isinstance(_object(first), dict) and next(lines, None) is not None
        self._whole = None if by_line or not first else self._listed()
        self.counted = "the first line is row 1" if by_line else "the first row is row 1"
        rows = (
            self._whole if self._whole is not None else _lines(self._blocks.first[: HEAD << 12], 0)
        )
        self.head: dict[str, Any] = {}
        for _, row in islice(rows, HEAD):
            if isinstance(row, dict):
                self.head |= {key: row[key] for key in row if self.head.get(key) is None}

    def _listed(self) -> Read:
        try:
            value = orjson.loads(self._blocks.rest())
        except orjson.JSONDecodeError as error:
            raise TableError(f"{self.path}: is no JSON: {error}") from error
        found = records(value)
        if found is None:
            raise TableError(
                f"{self.path}: holds no list of rows; write one JSON object a line (.jsonl)"
            )
        return [(n, row if isinstance(row, dict) else _no_object(row)) for n, row in found]

    def _read(self) -> Iterator[Read]:
        """Yield the rows in runs."""
        if self._whole is not None:
            yield self._whole
            return
        number = 0
        for block, cut in self._blocks:
            yield _lines(block, number)
            number += block.count(b"\n")
            if cut:
                number += 1
                yield [(number, TOO_LONG)]

    def rows(self) -> Iterator[Row | Reject]:
        """Yield the rows."""
        for run in self._read():
            for number, row in run:
                yield Reject(number, row) if isinstance(row, str) else Row(number, row)

    def batches(
        self,
        names: Sequence[str],
        *,
        optional: Collection[str] = (),
        absent: Mapping[str, Any] | None = None,
        long: Collection[str] = (),
    ) -> Iterator[Batch]:
        """Yield some columns; values of several kinds come as text."""
        import numpy as np

        for run in self._read():
            kept = [(number, row) for number, row in run if isinstance(row, dict)]
            broken = [Reject(number, row) for number, row in run if isinstance(row, str)]
            had = set[str]().union(*(row for _, row in kept))
            columns = {
                name: _array(row.get(name, (absent or {}).get(name)) for _, row in kept)
                for name in names
                if name in had or name not in optional
            }
            yield Batch(columns, np.array([n for n, _ in kept], dtype=np.int64), broken)


def records(value: Any) -> list[tuple[int, Any]] | None:
    """Return the rows of parsed JSON with their numbers: a list, or the first list in an object."""
    if isinstance(value, dict):
        value = next((inner for inner in value.values() if isinstance(inner, list)), None)
    return list(enumerate(value, 1)) if isinstance(value, list) else None


def _filled(block: bytes) -> Iterator[bytes]:
    return (line for line in block.split(b"\n") if line and not line.isspace())


def _lines(block: bytes, before: int) -> Read:
    """Parse all lines in one call; where that fails, line by line."""
    lines = block.split(b"\n")
    filled = [(n, line) for n, line in enumerate(lines, before + 1) if line and not line.isspace()]
    try:
        found: list[Any] = orjson.loads(b"[" + b",".join(line for _, line in filled) + b"]")
    except orjson.JSONDecodeError:
        found = []
    if len(found) != len(filled):
        found = [_object(line) for _, line in filled]
    return [
        (number, row if isinstance(row, dict) else _told(line))
        for (number, line), row in zip(filled, found, strict=True)
    ]


def _object(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _told(line: bytes) -> str:
    """Return what is wrong with a line."""
    try:
        return _no_object(line.decode().strip(), raw=True)
    except UnicodeDecodeError:
        return FOREIGN


def _no_object(value: Any, *, raw: bool = False) -> str:
    text = value if raw else orjson.dumps(value).decode()
    return f"no JSON object: {text if len(text) <= 60 else text[:57] + '…'!r}"


def _array(values: Iterable[Any]) -> "pa.Array":
    """Return a column; values of several kinds come as text."""
    import pyarrow as pa

    listed = list(values)
    try:
        return pa.array(listed)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in listed])
