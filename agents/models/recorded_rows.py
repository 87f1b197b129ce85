"""Rows of a file of answers or verdicts: JSONL, CSV or Parquet, also gzipped, one at a time."""

import codecs
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import orjson

Row = dict[str, Any]


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield (number, row) for every row, from 1; the header of a CSV file is not counted.

    Raises:
        ValueError: naming the file, and the row where one is broken.
    """
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    readers = {".csv": _csv, ".parquet": _parquet}
    number = 0
    try:
        with _open(path) as file:
            for number, row in readers.get(kind, _jsonl)(path, file):
                yield number, row
    except FileNotFoundError as error:
        raise ValueError(f"file: {path} does not exist") from error
    except (OSError, EOFError, zlib.error) as error:
        told = getattr(error, "strerror", None) or error
        raise ValueError(f"file: {path} cannot be read{_after(number)}: {told}") from error
    except UnicodeDecodeError as error:
        where = _after(number)
        raise ValueError(f"file: {path} is not UTF-8 text{where}: {error.reason}") from error


def _after(number: int) -> str:
    return f" after row {number}" if number else ""


def _open(path: Path) -> IO[bytes]:
    zipped = path.name.lower().endswith(".gz")
    return cast("IO[bytes]", gzip.open(path)) if zipped else path.open("rb")


def _jsonl(path: Path, file: IO[bytes]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"file: {path}: row {number} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"file: {path}: row {number} is no object")
        yield number, row


def _csv(path: Path, file: IO[bytes]) -> Iterator[tuple[int, Row]]:
    """Yield the rows; one of another width than the header's is refused, not cut or filled."""
    # The default refuses answers of more than 131,072 characters.
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text)
        try:
            yield from _of_width(path, rows, next(rows, []))
        except csv.Error as error:
            raise ValueError(f"file: {path}: line {rows.line_num} is no CSV: {error}") from error


def _of_width(path: Path, rows: Any, names: list[str]) -> Iterator[tuple[int, Row]]:
    for number, row in enumerate(filter(None, rows), 1):
        if len(row) != len(names):
            raise ValueError(
                f"file: {path}: row {number} (line {rows.line_num}) has {len(row)} fields where the "
                f"header has {len(names)}; put quotes around a text that holds a comma"
            )
        yield number, dict(zip(names, row, strict=True))


def _parquet(path: Path, file: IO[bytes]) -> Iterator[tuple[int, Row]]:
    # Only who records verdicts in Parquet pays for the import.
    from pyarrow import ArrowInvalid, parquet

    try:
        batches = parquet.ParquetFile(file).iter_batches(batch_size=512)
        yield from enumerate((row for batch in batches for row in batch.to_pylist()), 1)
    except ArrowInvalid as error:
        raise ValueError(f"file: {path} is no Parquet file: {error}") from error
