"""JSONL as batches of Arrow columns: one JSON object a line, each with the keys it likes."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import pyarrow as pa

from ...agents.errors import UserError
from .arrays import numbers
from .fields import OPTIONAL, REQUIRED
from .source import Batch, counting, is_packed

ROWS = 1 << 17
"""Lines read at once."""
HEAD = 1000
"""Lines that tell which columns there are."""
BOM = b"\xef\xbb\xbf"
MAY_LACK = frozenset(OPTIONAL) - {"winner"}
IF_ABSENT = {"weight": 1.0}
"""What a JSON object means that does not have the key."""


@dataclass(frozen=True)
class JsonSource:
    """A file of JSON objects, one a line."""

    path: Path
    counted: str = "the first line is row 1"
    complete: bool = False

    def first(self) -> dict[str, Any]:
        """Return the keys of the first objects, each with the first value that is not null.

        Raises:
            UserError: None of the first lines is a JSON object.
        """
        with self._lines() as file:
            lines = [line for line in islice(file, HEAD) if not line.isspace()]
        found: dict[str, Any] = {}
        for row in filter(_is_object, map(_object, lines)):
            found |= {key: row[key] for key in row if found.get(key) is None}
        if lines and not found:
            raise UserError(
                f"{self.path}: its first line is no JSON object: {_cut(lines[0])}; write one object "
                "a line"
            )
        return found

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the rows, without optional columns that none has; what is no object is broken."""
        read = 0
        with self._lines() as file:
            while lines := list(islice(file, ROWS)):
                if not read:
                    lines[0] = lines[0].removeprefix(BOM)
                batch = _batch(lines, read, names)
                self._refuse_rounded(batch)
                yield batch
                read += len(lines)

    def _refuse_rounded(self, batch: Batch) -> None:
        """Refuse ids of so many digits that JSON readers round them: they would become one id."""
        for name in REQUIRED:
            column = batch.columns.get(name)
            if column is not None and pa.types.is_floating(column.type):
                rounded = np.abs(numbers(column)) >= 2.0**53
                if rounded.any():
                    at = int(np.argmax(rounded))
                    raise UserError(
                        f"{self.path}: row {batch.numbers[at]} ({self.counted}): {name} is about "
                        f"{column[at].as_py():g}: write a number of so many digits as text"
                    )

    def _lines(self) -> IO[bytes]:
        if is_packed(self.path):
            return gzip.open(self.path, "rb")  # type: ignore[return-value]
        return self.path.open("rb")


def _batch(lines: list[bytes], read: int, names: Sequence[str]) -> Batch:
    filled = np.array([not line.isspace() for line in lines])
    full = [line for line in lines if not line.isspace()]
    rows = _objects(full)
    number = counting(read + 1, len(lines))[filled].tolist()
    good = [at for at, row in enumerate(rows) if _is_object(row)]
    broken = [
        (n, f"no JSON object: {_cut(line)}")
        for n, row, line in zip(number, rows, full, strict=True)
        if not _is_object(row)
    ]
    kept = [rows[at] for at in good]
    had = set[str]().union(*kept)
    columns = {
        name: _array([row.get(name, IF_ABSENT.get(name)) for row in kept])
        for name in names
        if name in had or name not in MAY_LACK
    }
    return Batch(columns, np.array([number[at] for at in good], dtype=np.int64), broken)


def _objects(lines: list[bytes]) -> list[Any]:
    """Parse all lines in one call; where that fails, line by line."""
    try:
        rows: list[Any] = orjson.loads(b"[" + b",".join(lines) + b"]")
    except orjson.JSONDecodeError:
        rows = []
    return rows if len(rows) == len(lines) else [_object(line) for line in lines]


def _object(line: bytes) -> Any:
    try:
        return orjson.loads(line.removeprefix(BOM))
    except orjson.JSONDecodeError:
        return None


def _is_object(row: Any) -> bool:
    return isinstance(row, dict)


def _array(values: list[Any]) -> pa.Array:
    """Return a column; values of several kinds come as text."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values])


def _cut(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= 60 else text[:57] + "…")
