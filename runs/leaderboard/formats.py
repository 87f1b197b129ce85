"""CSV, JSONL and Parquet as batches of Arrow columns; memory holds a batch, not the file."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ...graphs.ratings.table import Ints
from .source import Batch, counting

BLOCK = 8 << 20
"""Bytes of CSV read at once."""
ROWS = 1 << 17
"""Rows of JSONL or Parquet read at once."""
CODED = pa.dictionary(pa.int32(), pa.string())
IF_ABSENT = {"weight": 1.0}
"""What a JSON object means that does not have the key."""


@dataclass(frozen=True)
class CsvSource:
    """A CSV file with a header; every column is read as text, so that errors can quote it."""

    path: Path
    counted: str = "the header is row 1"

    def first(self) -> dict[str, Any]:
        """Return the header with the first row's values."""
        with self._opened([], None) as reader:
            row = next((batch for batch in reader if batch.num_rows), None)
        if row is None:
            return dict.fromkeys(reader.schema.names)
        return row.slice(0, 1).to_pylist()[0]  # type: ignore[no-any-return]

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the rows; a row of another width than the header's is broken, not guessed."""
        broken: list[tuple[int, str]] = []
        told, read = 0, 0
        with self._opened(names, broken) as reader:
            for batch in reader:
                numbers = _skipping(counting(2 + read, batch.num_rows), broken)
                read += batch.num_rows
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                yield Batch(columns, numbers, broken[told:])
                told = len(broken)
        if told < len(broken):
            yield Batch({}, counting(0, 0), broken[told:])

    def _opened(self, names: Sequence[str], broken: list[tuple[int, str]] | None) -> Any:
        def skip(row: Any) -> str:
            if broken is not None:
                width = f"{row.actual_columns} fields where the header has {row.expected_columns}"
                broken.append((row.number, width))
            return "skip"

        csv = pyarrow.csv
        return csv.open_csv(
            pa.input_stream(self.path, compression="detect"),
            # One thread: only then the numbers of skipped rows are known.
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK),
            parse_options=csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=csv.ConvertOptions(
                include_columns=list(names), column_types=dict.fromkeys(names, CODED)
            ),
        )


def _skipping(numbers: Ints, broken: Sequence[tuple[int, str]]) -> Ints:
    """Shift row numbers past the rows that were skipped."""
    if not broken:
        return numbers
    skipped = np.array([number for number, _ in broken]) - np.arange(len(broken))
    return np.asarray(numbers + np.searchsorted(skipped, numbers, side="right"))


@dataclass(frozen=True)
class JsonSource:
    """A file of JSON objects, one a line."""

    path: Path
    counted: str = "the first line is row 1"

    def first(self) -> dict[str, Any]:
        """Return the first object; a later line may hold more keys."""
        with self._lines() as lines:
            for line in lines:
                if line.strip():
                    row = _object(line)
                    return row if isinstance(row, dict) else {}
        return {}

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the rows; a line that is no JSON object is broken."""
        read = 0
        with self._lines() as file:
            while lines := list(islice(file, ROWS)):
                yield _json_batch(lines, counting(read + 1, len(lines)), names)
                read += len(lines)

    def _lines(self) -> IO[bytes]:
        if self.path.suffix == ".gz":
            return gzip.open(self.path, "rb")  # type: ignore[return-value]
        return self.path.open("rb")


def _json_batch(lines: list[bytes], numbers: Ints, names: Sequence[str]) -> Batch:
    filled = np.array([not line.isspace() for line in lines])
    full = [line for line in lines if not line.isspace()]
    rows = _objects(full)
    number = numbers[filled].tolist()
    good = [at for at, row in enumerate(rows) if isinstance(row, dict)]
    broken = [
        (n, f"no JSON object: {_cut(line)}")
        for n, row, line in zip(number, rows, full, strict=True)
        if not isinstance(row, dict)
    ]
    kept = [rows[at] for at in good]
    columns = {name: _array([r.get(name, IF_ABSENT.get(name)) for r in kept]) for name in names}
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
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values])


def _cut(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= 60 else text[:57] + "…")


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file; only the columns asked for leave the disk."""

    path: Path
    counted: str = "the first row is row 1"

    def first(self) -> dict[str, Any]:
        """Return the columns with a value that stands for their type: 0 for numbers."""
        schema = pq.read_schema(self.path)
        return {field.name: 0 if _is_number(field.type) else None for field in schema}

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the rows; text comes dictionary-encoded."""
        texts = [f.name for f in pq.read_schema(self.path) if pa.types.is_string(f.type)]
        read = 0
        with pq.ParquetFile(self.path, read_dictionary=[n for n in texts if n in names]) as file:
            for batch in file.iter_batches(ROWS, columns=_paths(file, names)):
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                yield Batch(columns, counting(read + 1, batch.num_rows))
                read += batch.num_rows


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _paths(file: pq.ParquetFile, names: Sequence[str]) -> list[str]:
    """Return the stored columns of `names`; `games/juror` means the field inside the list."""
    paths = [file.schema.column(at).path for at in range(len(file.schema))]
    inside = {tuple(name.split("/")) for name in names if "/" in name}
    return [
        path
        for path in paths
        if path in names or (path.split(".")[0], path.split(".")[-1]) in inside
    ]
