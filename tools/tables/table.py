"""A table whose file is open, its rows, and what stands in the place of a row that is none.

A row is named as its reader would find it: in CSV the header is row 1, as in a spreadsheet; in JSONL
the first line is row 1; in Parquet and in a JSON array, which have no header line, the first row is.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

Kind = Literal["csv", "json", "jsonl", "parquet"]
MOST = 64 << 20
"""Bytes of the longest line that is read."""
MOST_WHOLE = 4 * MOST
"""Bytes of a text that is read whole."""
FORMAT = b"arenainstruct.format"
"""Key of the metadata of Parquet under which a file declares what it holds."""
BLOCK = 1 << 18
"""Bytes of text read at once."""
HEAD = 1000
"""Rows that tell which columns there are and what they hold."""
TOO_LONG = f"is longer than {MOST >> 20} MiB"
FOREIGN = "is not written in UTF-8: save it as UTF-8"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class TableError(ValueError):
    """The file as a whole is no table; the message begins with its path."""


class TooLarge(TableError):
    """The file opens to more than it may."""


class Row(NamedTuple):
    """A row by the names of its columns."""

    number: int
    values: dict[str, Any]


class Reject(NamedTuple):
    """What is wrong with a row that could not be read."""

    number: int
    reason: str


@dataclass(frozen=True)
class Batch:
    """Some rows, in columns of Arrow."""

    columns: dict[str, "pa.Array"]
    numbers: "npt.NDArray[np.int64]"
    """The number of each row in its file."""
    broken: Sequence[Reject] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.numbers)


class Table(Protocol):
    """An open table; its rows can be taken once, one by one or in batches."""

    path: Path
    counted: str
    """How its rows are numbered, in words."""
    complete: bool
    """Whether `head` shows every column that a later row may fill."""
    format: str
    """What the file itself says that it holds, in its metadata; empty where it says nothing."""
    head: dict[str, Any]
    """The columns, each with a value that the first rows have there."""

    def rows(self, names: Collection[str] | None = None) -> Iterator[Row | Reject]:
        """Yield the rows; blank lines are none. Of Parquet only some columns, where named, are read."""
        ...

    def batches(
        self,
        names: Sequence[str],
        *,
        optional: Collection[str] = (),
        absent: Mapping[str, Any] | None = None,
        long: Collection[str] = (),
    ) -> Iterator[Batch]:
        """Yield some columns of the rows.

        Args:
            names: The columns; `list/field` is a field of the structs in a list of Parquet.
            optional: Columns of JSON that a batch leaves out where none of its rows has them.
            absent: What a JSON object means that does not have a key, if not null.
            long: Columns of long texts, of which fewer rows are held at once.
        """
        ...


class Blocks:
    """A text in runs of whole lines; a line too long to be held is left out, and told."""

    def __init__(self, path: Path, file: IO[bytes], *, json: bool = False) -> None:
        self._path, self._file = path, file
        first, self._cut = self._next(array=json)
        if first.startswith(_UTF16):
            raise TableError(f"{path}: {FOREIGN}")
        self.first = first.removeprefix(_BOM)
        """The first run; what was read of it already can be cut off."""

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        """Yield each run, and whether a line that is too long follows it."""
        yield self.first, self._cut
        while any(found := self._next()):
            yield found

    def line(self) -> bytes:
        """Return one more line, for a row that goes on beyond its run."""
        return self._file.readline(MOST)

    def rest(self) -> bytes:
        """Return everything from the first run on.

        Raises:
            TooLarge: It is more than should be held.
        """
        text = self.first + self._file.read(MOST_WHOLE)
        if len(text) > MOST_WHOLE:
            raise TooLarge(
                f"{self._path}: is a JSON object of more than {MOST_WHOLE >> 20} MiB, which must be "
                "held whole; write its rows as JSONL or as an array, which are read one by one"
            )
        return text

    def _next(self, *, array: bool = False) -> tuple[bytes, bool]:
        block = self._file.read(BLOCK)
        # An array of JSON may stand on one line; it is read by its elements.
        whole = array and block.removeprefix(_BOM).lstrip().startswith(b"[")
        if not block or whole or block.endswith(b"\n"):
            return block, False
        line = self._file.readline(MOST)
        if len(line) < MOST or line.endswith(b"\n"):
            return block + line, False
        while (more := self._file.readline(MOST)) and not more.endswith(b"\n"):
            pass
        return block[: block.rfind(b"\n") + 1], True


def is_utf8(block: bytes) -> bool:
    """Return whether bytes are text."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
