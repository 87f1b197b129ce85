"""JSON as rows: an object a line, or an array of objects, at the top or inside an object.

An array of JSON in runs of its elements, of which memory holds one run.
"""

import codecs
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from .allowance import weighed
from .table import (
    FOREIGN,
    HEAD,
    MOST,
    TOO_LONG,
    Batch,
    Blocks,
    Kind,
    Reject,
    Row,
    TableError,
    is_utf8,
)

if TYPE_CHECKING:
    import pyarrow as pa

RUN = 1 << 20
"""Characters of a run, unless one element is longer."""
_SCAN = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
_BETWEEN = re.compile(r"\s*([,\]]?)\s*")
# What a text that was cut says is wrong with it stands at its end, or is a string without one.
_CUT = "Unterminated string"
_NEAR_END = 16


class Elements:
    """The elements of an array at the top of a file."""

    def __init__(self, path: Path, first: bytes, file: IO[bytes]) -> None:
        self._path, self._file = path, file
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._text = self._decode(first).lstrip()[1:]
        self._over = False

    def runs(self) -> Iterator[bytes]:
        """Yield arrays that hold the elements, one run after the other.

        Raises:
            TableError: the file is no array of JSON, or one element is too long to be held.
            ValueError: it is no UTF-8.
        """
        end, last = 0, False
        while not last:
            end, last = self._next(end)
            if last:
                self._refuse_more(end)
            if last or end > RUN:
                yield f"[{self._text[:end].lstrip().removeprefix(',')}]".encode()
                self._text, end = self._text[end:], 0

    def _refuse_more(self, end: int) -> None:
        rest = self._text[end:].lstrip().removeprefix("]")
        while not rest.strip() and (more := self._file.read(RUN)):
            rest = self._decode(more)
        if rest.strip():
            raise TableError(f"{self._path}: is no JSON: something follows its array")

    def _next(self, start: int) -> tuple[int, bool]:
        """Return where the next element ends; the same place and True where there is none."""
        while True:
            between = _BETWEEN.match(self._text, start)
            assert between  # it may be empty
            if between[1] == "]":
                return start, True
            if (found := self._scanned(between.end())) is not None:
                return found, False

    def _scanned(self, at: int) -> int | None:
        """Return where an element ends; None where more of the file had to be read first."""
        try:
            if at < len(self._text):
                end = _SCAN(self._text, at)[1]
                if end < len(self._text):
                    return end
        except json.JSONDecodeError as error:
            cut = error.msg.startswith(_CUT) or error.pos > len(self._text) - _NEAR_END
            if self._over or not cut:
                raise TableError(f"{self._path}: is no JSON: {error.msg}") from error
        except RecursionError as error:
            raise TableError(f"{self._path}: is nested too deeply") from error
        if self._over:
            raise TableError(f"{self._path}: is no JSON: its array does not end")
        # Twice as much each time: what is scanned again is no more than what is read.
        held = len(weighed(self._text, self._path)) - at
        if held > MOST:
            raise TableError(f"{self._path}: an element of its array {TOO_LONG}")
        more = self._file.read(max(RUN, held))
        self._over = not more
        self._text += self._decode(more, final=not more)
        return None


Read = tuple[Sequence[int], list[Any]]
"""Numbers and rows; what is no object stands there as a text that says so."""
_HALF = re.compile("[\ud800-\udfff]")


class JsonTable:
    """JSON objects, each with the keys it likes; an array in a file named .jsonl is one too."""

    complete, format = False, ""

    def __init__(self, path: Path, file: IO[bytes], kind: Kind) -> None:
        self.path = path
        self._blocks = Blocks(path, file, json=True)
        lines = _filled(self._blocks.first)
        first = next(lines, b"").lstrip()
        by_line = kind == "jsonl" if first[:1] != b"[" else False
        if kind == "json" and first[:1] == b"{":
            by_line = (
                isinstance(_object(weighed(first, path)), dict) and next(lines, None) is not None
            )
        self._runs = None if by_line or not first else self._listed(first, file)
        self.counted = "the first line is row 1" if by_line else "the first row is row 1"
        self._first = self._lines(self._blocks.first, 0) if self._runs is None else next(self._runs)
        rows = self._first[1]
        self.head: dict[str, Any] = {}
        for row in rows[:HEAD]:
            if isinstance(row, dict):
                self.head |= {key: row[key] for key in row if self.head.get(key) is None}

    def _listed(self, first: bytes, file: IO[bytes]) -> Iterator[Read]:
        """Yield the rows of an array in runs, those of one inside an object all at once."""
        number = 0
        try:
            array = first.startswith(b"[")
            elements = Elements(self.path, self._blocks.first, file).runs() if array else None
            for run in elements or [weighed(self._blocks.rest(), self.path)]:
                found = _records(_parsed(run))
                if found is None:
                    raise TableError(
                        f"{self.path}: holds no list of rows; write one JSON object a line (.jsonl)"
                    )
                told = [
                    row if isinstance(row, dict) else _no_object(orjson.dumps(row).decode())
                    for row in found
                ]
                yield range(number + 1, number + len(told) + 1), told
                number += len(told)
        except (orjson.JSONDecodeError, UnicodeDecodeError) as error:
            raise TableError(f"{self.path}: is no JSON: {error}") from error

    def _read(self) -> Iterator[Read]:
        """Yield the rows in runs."""
        if self._runs is not None:
            yield self._first
            yield from self._runs
            return
        number = 0
        for block, cut in self._blocks:
            yield self._lines(block, number)
            number += block.count(b"\n")
            if cut:
                number += 1
                yield [number], [TOO_LONG]

    def _lines(self, block: bytes, before: int) -> Read:
        return _lines(weighed(block, self.path), before)

    def rows(self, names: Collection[str] | None = None) -> Iterator[Row | Reject]:
        """Yield the rows."""
        for run in self._read():
            for number, row in zip(*run, strict=True):
                yield Row(number, row) if isinstance(row, dict) else Reject(number, str(row))

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

        for numbers, found in self._read():
            rows, broken = found, list[Reject]()
            if not all(map(_is_object, found)):
                both = list(zip(numbers, found, strict=True))
                broken = [Reject(n, str(row)) for n, row in both if not isinstance(row, dict)]
                rows = [row for row in found if isinstance(row, dict)]
                numbers = [n for n, row in both if isinstance(row, dict)]
            had = set[str]().union(*rows)
            columns = {
                name: as_array([row.get(name, (absent or {}).get(name)) for row in rows])
                for name in names
                if name in had or name not in optional
            }
            yield Batch(columns, np.array(numbers, dtype=np.int64), broken)


def _is_object(row: Any) -> bool:
    return isinstance(row, dict)


def _records(value: Any) -> list[Any] | None:
    """Return the rows of parsed JSON: a list, or the first list in an object."""
    if isinstance(value, dict):
        value = next((inner for inner in value.values() if isinstance(inner, list)), None)
    return value if isinstance(value, list) else None


def _filled(block: bytes) -> Iterator[bytes]:
    return (line for line in block.split(b"\n") if line and not line.isspace())


def _lines(block: bytes, before: int) -> Read:
    """Parse all lines in one call; where that fails, line by line."""
    whole = block.removesuffix(b"\n")
    try:
        rows: list[Any] = orjson.loads(b"[" + whole.replace(b"\n", b",") + b"]")
    except orjson.JSONDecodeError:
        rows = []
    numbers: Sequence[int] = range(before + 1, before + 2 + whole.count(b"\n"))
    if len(rows) != len(numbers):
        lines = whole.split(b"\n")
        numbers = [n for n, line in zip(numbers, lines, strict=True) if line.strip()]
        rows = [_object(line) for line in lines if line.strip()]
    return numbers, rows


def _object(line: bytes) -> Any:
    """Return the object of a line, or what is wrong with it."""
    try:
        if isinstance(row := _parsed(line), dict):
            return row
        return _no_object(line.decode())
    except orjson.JSONDecodeError as error:
        return FOREIGN if not is_utf8(line) else f"{_no_object(line.decode())} ({error.msg})"


def _parsed(text: bytes) -> Any:
    """Return parsed JSON.

    Half an emoji written as an escape, which is no character, becomes U+FFFD, and NaN, which pandas
    writes for what is missing, null.

    Raises:
        orjson.JSONDecodeError: it is no JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if b"\\u" not in text and b"NaN" not in text:
            raise
        try:
            whole = json.dumps(json.loads(text, parse_constant=_nothing), ensure_ascii=False)
        except (ValueError, RecursionError):
            whole = ""
        return orjson.loads(_HALF.sub("\ufffd", whole))


def _nothing(constant: str) -> None:
    """Return what a number that is none stands for: nothing."""


def _no_object(text: str) -> str:
    text = text.strip()
    return f"no JSON object: {text if len(text) <= 60 else text[:57] + '…'!r}"


def as_array(values: list[Any]) -> "pa.Array":
    """Return a column; values of several kinds come as text."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values])
