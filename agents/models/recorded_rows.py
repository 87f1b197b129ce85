"""Rows of a file of answers or verdicts: JSONL, CSV or Parquet, also gzipped, one at a time."""

import csv
import gzip
import io
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
    try:
        with _open(path) as file:
            yield from readers.get(kind, _jsonl)(path, file)
    except FileNotFoundError as error:
        raise ValueError(f"file: {path} does not exist") from error
    except (OSError, EOFError) as error:
        raise ValueError(f"file: {path} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"file: {path} is not UTF-8 text: {error.reason}") from error


def _open(path: Path) -> IO[bytes]:
    zipped = path.name.lower().endswith(".gz")
    return cast("IO[bytes]", gzip.open(path)) if zipped else path.open("rb")


def _jsonl(path: Path, file: IO[bytes]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(file, 1):
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
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        try:
            yield from enumerate(csv.DictReader(text), 1)
        except csv.Error as error:
            raise ValueError(f"file: {path} is no CSV: {error}") from error


def _parquet(path: Path, file: IO[bytes]) -> Iterator[tuple[int, Row]]:
    # Only who records verdicts in Parquet pays for the import.
    from pyarrow import ArrowInvalid, parquet

    try:
        batches = parquet.ParquetFile(file).iter_batches(batch_size=512)
        yield from enumerate((row for batch in batches for row in batch.to_pylist()), 1)
    except ArrowInvalid as error:
        raise ValueError(f"file: {path} is no Parquet file: {error}") from error
