"""CSV and its kin: rows below a header, every value a text.

The first lines tell what separates the values (a name in .tsv or .tab says so itself) and whether they
are quoted by " or by '. Runs of lines of which each is a row go to Arrow, which is fast; the others to
Python's reader, which knows where each row ends.
"""

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .table import FOREIGN, HEAD, MOST, TOO_LONG, Batch, Blocks, Reject, Row, TableError, is_utf8

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = ",;\t|"
"""The first of those that split the first rows into most columns, all alike."""
SNIFFED = 20
"""Lines by which the delimiter is told."""


class CsvTable:
    """A CSV file; a row of another width than the header's is a reject, never cut or filled."""

    counted, complete, format = "the header is row 1", True, ""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._blocks = Blocks(path, file)
        csv.field_size_limit(MOST)
        lines = self._blocks.first.splitlines(keepends=True)
        self._quote = '"'
        self._delimiter = self._sniffed(lines[:SNIFFED])
        self._number = 0
        self.header = self._header(lines)
        lines = self._blocks.first.splitlines(keepends=True)
        start = self._number
        self.head = self._heads(islice(self._cells(lines, lambda: b""), HEAD))
        self._number = start

    def _sniffed(self, lines: list[bytes]) -> str:
        head = [line.decode("utf-8", "replace") for line in lines]
        if head and '"' not in "".join(head) and head[0].startswith("'"):
            self._quote = "'"
        if self.path.name.lower().split(".")[-1 - self._packed()] in ("tsv", "tab"):
            return "\t"
        found = [(self._columns(head, mark), mark) for mark in DELIMITERS]
        return max(found, key=lambda told: told[0])[1]

    def _packed(self) -> bool:
        return self.path.suffix.lower() in (".gz", ".zst", ".zstd")

    def _columns(self, head: list[str], mark: str) -> tuple[bool, int]:
        """Return whether a mark splits some lines alike, and into how many columns the first of them."""
        rows = csv.reader(head, delimiter=mark, quotechar=self._quote)
        widths = [len(row) for row in rows if row]
        if len(widths) == SNIFFED:
            widths.pop()  # its quotes may end beyond
        alike = Counter(widths).get(widths[0], 0) * 2 > len(widths) if widths else False
        return alike and widths[0] > 1, widths[0] if widths else 0

    def _header(self, lines: list[bytes]) -> list[str]:
        """Take the header off the first run."""
        used = 0

        def counting() -> Iterator[str]:
            nonlocal used
            for line in lines:
                used += 1
                yield line.decode("utf-8", "surrogateescape")

        rows = csv.reader(counting(), delimiter=self._delimiter, quotechar=self._quote)
        header: list[str] = []
        for header in rows:
            self._number += 1
            if any(header):
                break
        if not any(header):
            return []
        if _is_foreign(header):
            raise TableError(f"{self.path}: {FOREIGN}")
        self._blocks.first = b"".join(lines[used:])
        return header

    def _heads(self, found: Iterator[tuple[int, list[str] | str]]) -> dict[str, Any]:
        """Return the columns with their first values that are no empty text."""
        values: dict[str, Any] = dict.fromkeys(self.header)
        for _, cells in found:
            if len(cells) == len(self.header) and isinstance(cells, list):
                values |= {n: c for n, c in zip(self.header, cells, strict=True) if not values[n]}
        return values

    def _refuse_twins(self) -> None:
        if twice := [name for name, count in Counter(self.header).items() if count > 1]:
            raise TableError(
                f"{self.path}: column {twice[0]!r} stands in the header twice; rename or remove one"
            )

    def cells(self) -> Iterator[tuple[int, list[str] | str]]:
        """Yield number and cells of every row of any width; in their place what is wrong with it."""
        for block, cut in self._blocks:
            yield from self._cells(block.splitlines(keepends=True), self._blocks.line)
            if cut:
                self._number += 1
                yield self._number, TOO_LONG

    def _cells(
        self, lines: list[bytes], more: Callable[[], bytes]
    ) -> Iterator[tuple[int, list[str] | str]]:
        """Yield the rows that begin in some lines; the last one may take more lines."""

        def texts() -> Iterator[str]:
            for line in lines:
                yield line.decode("utf-8", "surrogateescape")
            while line := more():
                yield line.decode("utf-8", "surrogateescape")

        rows = csv.reader(texts(), delimiter=self._delimiter, quotechar=self._quote)
        while rows.line_num < len(lines):
            self._number += 1
            try:
                cells = next(rows)
            except csv.Error as error:
                yield self._number, f"no CSV: {error}"
            except StopIteration:
                return
            else:
                if cells:
                    yield self._number, FOREIGN if _is_foreign(cells) else cells

    def rows(self, names: Collection[str] | None = None) -> Iterator[Row | Reject]:
        """Yield the rows."""
        self._refuse_twins()
        for number, cells in self.cells():
            reason = cells if isinstance(cells, str) else self._fault(cells)
            if reason or isinstance(cells, str):
                yield Reject(number, reason)
            else:
                yield Row(number, dict(zip(self.header, cells, strict=True)))

    def _fault(self, cells: Sequence[str]) -> str:
        return "" if len(cells) == len(self.header) else self._width(len(cells))

    def _width(self, found: int) -> str:
        return (
            f"{found} fields where the header has {len(self.header)}; put quotes around a text that "
            "holds a separator"
        )

    def batches(
        self,
        names: Sequence[str],
        *,
        optional: Collection[str] = (),
        absent: Mapping[str, Any] | None = None,
        long: Collection[str] = (),
    ) -> Iterator[Batch]:
        """Yield some columns, their texts encoded by a dictionary."""
        self._refuse_twins()
        import numpy as np

        for block, cut in self._blocks:
            if block:
                batch = self._arrow(block, names)
                yield self._slow(block, names) if batch is None else batch
            if cut:
                self._number += 1
                none = np.zeros(0, dtype=np.int64)
                yield Batch({}, none, [Reject(self._number, TOO_LONG)])

    def _arrow(self, block: bytes, names: Sequence[str]) -> Batch | None:
        """Return a run of lines as a batch; None where its rows are not its lines, or not UTF-8."""
        import numpy as np
        import pyarrow as pa
        from pyarrow import csv as arrow

        quoted = self._quote.encode() in block
        if quoted and any(line.count(self._quote.encode()) % 2 for line in block.split(b"\n")):
            return None
        if not is_utf8(block):
            return None
        broken: list[Reject] = []

        def skip(row: Any) -> str:
            broken.append(Reject(self._number + row.number, self._width(row.actual_columns)))
            return "skip"

        coded = pa.dictionary(pa.int32(), pa.string())
        table = arrow.read_csv(
            pa.BufferReader(block),
            # One thread: only then the numbers of skipped rows are known.
            read_options=arrow.ReadOptions(
                use_threads=False, block_size=len(block) + 1, column_names=self.header
            ),
            parse_options=arrow.ParseOptions(
                delimiter=self._delimiter,
                quote_char=self._quote if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=arrow.ConvertOptions(
                include_columns=list(names), column_types=dict.fromkeys(names, coded)
            ),
        )
        count = table.num_rows + len(broken)
        if quoted and count != block.count(b"\n") + (not block.endswith(b"\n")):
            return None  # a quote within a text hid where a row ends
        numbers = np.arange(self._number + 1, self._number + count + 1, dtype=np.int64)
        kept = np.delete(numbers, [row.number - self._number - 1 for row in broken])
        self._number += count
        columns = {name: _one(table.column(name)) for name in names}
        return Batch(columns, kept, broken)

    def _slow(self, block: bytes, names: Sequence[str]) -> Batch:
        import numpy as np
        import pyarrow as pa

        rows: list[list[str]] = []
        numbers: list[int] = []
        broken: list[Reject] = []
        lines = block.splitlines(keepends=True)
        for number, cells in self._cells(lines, self._blocks.line):
            reason = cells if isinstance(cells, str) else self._fault(cells)
            if reason or isinstance(cells, str):
                broken.append(Reject(number, reason))
            else:
                rows.append(cells)
                numbers.append(number)
        at = [self.header.index(name) for name in names]
        columns = {
            name: pa.array([row[i] for row in rows], pa.string()).dictionary_encode()
            for name, i in zip(names, at, strict=True)
        }
        return Batch(columns, np.array(numbers, dtype=np.int64), broken)


def _one(column: "pa.ChunkedArray") -> "pa.Array":
    """Return a column as one piece."""
    import pyarrow as pa

    if not column.num_chunks:
        return pa.array([], pa.string()).dictionary_encode()
    return (
        column.unify_dictionaries().combine_chunks() if column.num_chunks > 1 else column.chunk(0)
    )


def _is_foreign(cells: list[str]) -> bool:
    """Tell whether bytes that are no UTF-8 stand in a row."""
    return any(not cell.isascii() and not _is_encodable(cell) for cell in cells)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
