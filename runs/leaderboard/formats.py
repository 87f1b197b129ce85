"""CSV and Parquet as batches of Arrow columns; memory holds a batch, not the file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ...agents.errors import UserError
from ...tools.ratings.table import Ints
from .arrays import CODED
from .measure import ANSWERS
from .source import Batch, counting, is_packed

BLOCK = 8 << 20
"""Bytes of CSV read at once."""
HEAD = 1000
"""Rows that tell whether a column holds numbers."""
ROWS = 1 << 17
"""Rows of Parquet read at once."""
LONG_ROWS = 1 << 12
"""The same where rows hold answers."""


@dataclass(frozen=True)
class CsvSource:
    """A CSV file with a header; every column is read as text, so that errors can quote it."""

    path: Path
    counted: str = "the header is row 1"
    complete: bool = True

    def first(self) -> dict[str, Any]:
        """Return the header with the first value of each column."""
        with self._opened([], None) as reader:
            self._check(reader.schema.names)
            head = next((batch.slice(0, HEAD) for batch in reader if batch.num_rows), None)
        if head is None:
            return dict.fromkeys(reader.schema.names)
        columns = zip(head.schema.names, head.columns, strict=True)
        return {name: _first(column.to_pylist()) for name, column in columns}

    def _check(self, names: list[str]) -> None:
        """Refuse a header that tells no columns apart."""
        if len(names) == 1 and (found := next((c for c in ";\t|" if c in names[0]), None)):
            raise UserError(
                f"{self.path}: its header is separated by {found!r}: {names[0]!r}; write the file "
                "with commas"
            )
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise UserError(
                f"{self.path}: column {twice[0]!r} stands in the header twice; rename or remove one"
            )

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
            pa.input_stream(self.path, compression="gzip" if is_packed(self.path) else None),
            # One thread: only then the numbers of skipped rows are known.
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK),
            parse_options=csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=csv.ConvertOptions(
                include_columns=list(names), column_types=dict.fromkeys(names, CODED)
            ),
        )


def _first(values: list[Any]) -> Any:
    return next((value for value in values if value not in (None, "")), values[0])


def _skipping(numbers: Ints, broken: Sequence[tuple[int, str]]) -> Ints:
    """Shift row numbers past the rows that were skipped."""
    if not broken:
        return numbers
    skipped = np.array([number for number, _ in broken]) - np.arange(len(broken))
    return np.asarray(numbers + np.searchsorted(skipped, numbers, side="right"))


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file; only the columns asked for leave the disk."""

    path: Path
    counted: str = "the first row is row 1"
    complete: bool = True

    def first(self) -> dict[str, Any]:
        """Return the columns with a value that stands for their type: 0 for numbers."""
        schema = pq.read_schema(self.path)
        return {field.name: 0 if _is_number(field.type) else None for field in schema}

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the rows; text comes dictionary-encoded.

        Raises:
            UserError: A column holds lists or structs where text or a number belongs.
        """
        schema = pq.read_schema(self.path)
        if nested := [f for f in schema if f.name in names and pa.types.is_nested(f.type)]:
            raise UserError(
                f"{self.path}: column {nested[0].name!r} holds {nested[0].type}; it must hold text "
                "or numbers"
            )
        texts = [f.name for f in schema if pa.types.is_string(f.type) and f.name not in ANSWERS]
        rows = LONG_ROWS if set(ANSWERS) & set(names) else ROWS
        read = 0
        with pq.ParquetFile(self.path, read_dictionary=[n for n in texts if n in names]) as file:
            for batch in file.iter_batches(rows, columns=_paths(file, names)):
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                yield Batch(columns, counting(read + 1, batch.num_rows))
                read += batch.num_rows


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _paths(file: pq.ParquetFile, names: Sequence[str]) -> list[str]:
    """Return the stored columns of `names`; `games/juror` means the field inside the list."""
    paths = [file.schema.column(at).path for at in range(len(file.schema))]
    inside = [name.split("/") for name in names if "/" in name]
    return [
        path
        for path in paths
        if path in names
        or any(path.startswith(f"{top}.") and field in path.split(".") for top, field in inside)
    ]
