"""Tables in files, read once from front to end: the sound rows, and a reject for each of the others.

CSV, TSV, JSONL, JSON (an array of objects, or an object that holds one) and Parquet, each also packed by
gzip or zstd, which their first bytes tell. Text is UTF-8, with or without a mark. Memory holds some
megabytes whatever the file's size; only JSON that is no JSONL is held whole.
"""

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path, PurePath
from typing import IO, BinaryIO

from .allowance import bounded
from .delimited import CsvTable
from .objects import JsonTable
from .parquet import ParquetTable
from .table import FORMAT, Batch, Kind, Reject, Row, Table, TableError, TooLarge

KINDS: dict[str, Kind] = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    ".json": "json",
}
PACKED = (".gz", ".zst", ".zstd")
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def kind_of(path: PurePath) -> Kind | None:
    """Return the kind that a file's name tells, or None."""
    return KINDS.get(_unpacked_name(path).suffix.lower())


def plain_name(path: PurePath) -> str:
    """Return a file's name without the endings that tell its kind."""
    name = _unpacked_name(path)
    return name.stem if kind_of(path) else name.name


def _unpacked_name(path: PurePath) -> PurePath:
    return PurePath(path.stem) if path.suffix.lower() in PACKED else PurePath(path.name)


def read_rows(path: Path, text: IO[bytes] | None = None) -> Iterator[Row | Reject]:
    """Yield the rows of a file one by one; what `open_table` takes and raises."""
    with open_table(path, text) as table:
        yield from table.rows()


def told_columns(names: Iterable[str]) -> str:
    """Return the names of columns as an error tells them: not all of many, and none in full length."""
    told = [name if len(name) <= 40 else f"{name[:39]}…" for name in islice(sorted(names), 31)]
    return ", ".join([*told[:30], "…"] if len(told) > 30 else told)


@contextmanager
def open_table(
    path: Path, text: IO[bytes] | None = None, *, file: BinaryIO | None = None
) -> Iterator[Table]:
    """Open a file; one whose name tells no kind is taken for JSONL.

    Args:
        path: The file.
        text: What is in it as UTF-8, where the caller has made it so.
        file: The file, where the caller has opened it; it is closed here.

    Raises:
        TableError: it is missing, damaged or no table; also what goes wrong while it is read.
    """
    try:
        with ExitStack() as files:
            if text is None and path.is_char_device():
                raise TableError(f"{path}: is a device, which has no end; name a file")
            opened = text or _unpacked(path, files.enter_context(file or path.open("rb")))
            match kind_of(path) or "jsonl":
                case "csv":
                    yield CsvTable(path, opened)
                case "parquet":
                    yield ParquetTable(path, _seekable(opened, files))
                case kind:
                    yield JsonTable(path, opened, kind)
    except FileNotFoundError as error:
        raise TableError(f"{path}: does not exist") from error
    except (OSError, EOFError, zlib.error) as error:
        told = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise TableError(f"{path}: cannot be read: {told.splitlines()[0]}") from error


def _unpacked(path: Path, file: BinaryIO) -> IO[bytes]:
    head = file.peek(4) if isinstance(file, io.BufferedReader) else b""
    if head.startswith(_GZIP):
        return bounded(gzip.GzipFile(fileobj=file), path)
    if head.startswith(_ZSTD):
        from pyarrow import CompressedInputStream

        return bounded(CompressedInputStream(file, "zstd"), path)
    return file


def _seekable(file: IO[bytes], files: ExitStack) -> IO[bytes]:
    """Return a file in which Arrow can jump about; a packed one is unpacked onto the disk."""
    if isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO):
        return file
    unpacked = files.enter_context(tempfile.TemporaryFile())
    shutil.copyfileobj(file, unpacked)
    unpacked.seek(0)
    return unpacked


__all__ = [
    "Batch",
    "FORMAT",
    "CsvTable",
    "Kind",
    "Reject",
    "Row",
    "Table",
    "TableError",
    "TooLarge",
    "kind_of",
    "open_table",
    "plain_name",
    "read_rows",
    "told_columns",
]
