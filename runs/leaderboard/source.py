"""Where battles come from: a file, the battles or games of a dataset, or the folder of a run.

A row is named as its reader would find it: in CSV the header is row 1, as in a spreadsheet; in JSONL
the first line is row 1; in Parquet, which has no header line, the first row is row 1.
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from ...agents.errors import UserError
from ...tools.ratings.table import Ints

RUNS = Path("runs")
KINDS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")


@dataclass(frozen=True)
class Batch:
    """Some rows of one file, in columns of Arrow."""

    columns: dict[str, pa.Array]
    numbers: Ints
    """The number of each row in its file."""
    broken: Sequence[tuple[int, str]] = field(default=())
    """Rows that could not be split into columns at all: number and what is wrong."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)


class Source(Protocol):
    """One file of battles."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def counted(self) -> str:
        """How its rows are numbered, in words."""
        ...

    @property
    def complete(self) -> bool:
        """Whether `first` shows every column that a later row may fill."""
        ...

    def first(self) -> dict[str, Any]:
        """Return the columns with the first row's values."""
        ...

    def batches(self, names: Sequence[str]) -> Iterator[Batch]:
        """Yield the rows, those columns of `names` only that the file has."""
        ...


def sources(paths: Sequence[str], parts: Sequence[str] = ("battles",)) -> list[Source]:
    """Return a source for every file that the paths name.

    Args:
        paths: Files and folders.
        parts: Which parts of a run's dataset are meant, the first one that it has.

    Raises:
        UserError: There is no such file, or its kind is not known.
    """
    return [_source(file) for path in paths for file in _files(path, parts)]


def _files(given: str, parts: Sequence[str]) -> list[Path]:
    path = Path(given)
    if not path.exists() and (RUNS / given).is_dir():
        path = RUNS / given
    if path.is_file():
        return [path]
    if path.exists() and not path.is_dir():
        raise UserError(f"{given}: is a pipe, and battles are read twice: write them to a file")
    if not path.is_dir():
        raise UserError(f"no battles at {given!r}: name a file ({', '.join(KINDS)}) or a run")
    inside = [where / part for part in parts for where in (path / "dataset", path)]
    for folder in (*inside, path):
        if found := sorted(folder.glob("*.parquet")):
            return found
    raise UserError(
        f"{given}: no Parquet files in dataset/battles/ below it or in itself; a run writes its "
        "dataset when it ends: `arenainstruct resume` takes an unfinished one up"
    )


def _source(path: Path) -> Source:
    from .formats import CsvSource, ParquetSource
    from .lines import JsonSource

    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".csv"):
        return CsvSource(path)
    if name.endswith((".jsonl", ".ndjson")):
        return JsonSource(path)
    if path.name.lower().endswith(".parquet"):
        return ParquetSource(path)
    raise UserError(
        f"{path}: its kind is not known by its name; known are {', '.join(KINDS)}"
        + ("; of a JSON array, write one object a line" if name.endswith(".json") else "")
    )


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the file libraries raise into one message that names the file."""
    try:
        yield
    except UserError:
        raise
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: {_named(error, told)}") from error


def _named(error: Exception, told: str) -> str:
    if isinstance(error, UnicodeDecodeError) or "UTF8" in told:
        return f"is not written in UTF-8: {told}; save it as UTF-8"
    if "Empty CSV" in told:
        return "holds nothing: it needs a header and rows"
    return f"cannot be read: {told}"


def is_packed(path: Path) -> bool:
    """Tell by the first bytes whether a file is packed by gzip, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def counting(first: int, rows: int) -> Ints:
    """Number `rows` rows from `first` on."""
    return np.arange(first, first + rows, dtype=np.int64)
