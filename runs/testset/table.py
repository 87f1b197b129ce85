"""Rows of a file: JSONL, JSON, CSV, TSV or Parquet, also gzipped, one at a time."""

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

from ...agents.errors import UserError

Row = dict[str, Any]
BOM = codecs.BOM_UTF8
ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")


def is_table(path: Path) -> bool:
    """Tell whether a file's name says that it holds rows."""
    return _ending(path) in ENDINGS


def plain_name(path: Path) -> str:
    """Return a file's name without the endings that tell its format."""
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return Path(name).stem if _ending(path) in ENDINGS else name


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a file with their numbers, from 1.

    Raises:
        UserError: naming the file, and the row where one is broken.
    """
    readers = {".json": _json, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet}
    try:
        yield from readers.get(_ending(path), _jsonl)(path)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise UserError(
            f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text: {error.reason}") from error


def _ending(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _open(path: Path) -> IO[bytes]:
    return (
        cast("IO[bytes]", gzip.open(path)) if path.name.lower().endswith(".gz") else path.open("rb")
    )


def _jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(BOM)
            if line.strip():
                yield number, _row(_parsed(line, f"{path}: row {number}"), path, number)


def _json(path: Path) -> Iterator[tuple[int, Row]]:
    with _open(path) as file:
        value = _parsed(file.read().removeprefix(BOM), str(path))
    rows = value if isinstance(value, list) else next(iter(_lists(value)), None)
    if rows is None:
        raise UserError(f"{path}: holds no list of rows; write one JSON object a line (.jsonl)")
    for number, row in enumerate(rows, 1):
        yield number, _row(row, path, number)


def _lists(value: Any) -> list[list[Any]]:
    return [v for v in value.values() if isinstance(v, list)] if isinstance(value, dict) else []


def _csv(path: Path) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with _open(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        delimiter = "\t" if _ending(path) == ".tsv" else ","
        rows = csv.reader(text, delimiter=delimiter)
        names = next(rows, [])
        for number, row in enumerate(filter(None, rows), 1):
            if len(row) != len(names):
                raise UserError(
                    f"{path}: row {number}: {len(row)} fields where the header has {len(names)}; "
                    "put quotes around a text that holds a separator"
                )
            yield number, dict(zip(names, row, strict=True))


def _parquet(path: Path) -> Iterator[tuple[int, Row]]:
    from pyarrow import ArrowInvalid, parquet

    with _open(path) as file:
        try:
            table = parquet.ParquetFile(file)
        except ArrowInvalid as error:
            raise UserError(f"{path}: is no Parquet file: {error}") from error
        number = 0
        for batch in table.iter_batches(batch_size=512):
            for row in batch.to_pylist():
                number += 1
                yield number, row


def _parsed(data: bytes, where: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise UserError(f"{where}: is no JSON: {error}") from error


def _row(value: Any, path: Path, number: int) -> Row:
    if not isinstance(value, dict):
        raise UserError(f"{path}: row {number}: found {type(value).__name__}, a row is an object")
    return cast(Row, value)
