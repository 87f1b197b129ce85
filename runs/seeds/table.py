"""CSV and TSV to markdown tables; a big table becomes row chunks that repeat the header."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import PurePosixPath

from ...tools.tables import CsvTable, open_table
from .document import Document, Origin, SeedReject, Unusable, Wanted
from .rows import as_utf8
from .source import Source

Row = list[str]


def read_table(source: Source, wanted: Wanted, origin: Origin) -> Iterator[Document | SeedReject]:
    """Yield a table as one document, or as several when it is longer than `max_chars`.

    Raises:
        Unusable: it has no data row.
    """
    with open_table(source.path, as_utf8(source.path)) as table:
        if not isinstance(table, CsvTable) or not table.header:
            raise Unusable("empty", "the table has no row")
        rejects: list[SeedReject] = []
        rows = _rows(table, source.name, rejects)
        title = origin.title or PurePosixPath(source.name).name.split(".")[0]
        for name, text in _parts([cell.strip() for cell in table.header], rows, source, wanted):
            yield Document(name, text, "table", title, origin=origin)
            yield from rejects
            rejects.clear()
        yield from rejects


def _parts(
    header: Row, rows: Iterator[Row], source: Source, wanted: Wanted
) -> Iterator[tuple[str, str]]:
    """Yield the table as markdown with its name; its parts are numbered where there are several."""
    chunks = _balanced(_chunks(header, rows, wanted.max_chars), header, wanted.min_chars)
    first = next(chunks, None)
    if first is None:
        raise Unusable("empty", "the table has a header but no data")
    second = next(chunks, None)
    everything = chain([first] if second is None else [first, second], chunks)
    for number, chunk in enumerate(everything, 1):
        part = "" if second is None else f"#part-{number}"
        yield source.name + part, render(header, chunk)


def _rows(table: CsvTable, name: str, rejects: list[SeedReject]) -> Iterator[Row]:
    """Yield the rows that hold anything, with trimmed cells; what cannot be read becomes a reject."""
    for number, found in table.cells():
        if isinstance(found, str):
            rejects.append(SeedReject(f"{name}#row-{number}", "unreadable", found))
        elif any(cells := [cell.strip() for cell in found]):
            yield cells


def _chunks(header: Row, rows: Iterable[Row], limit: int) -> Iterator[list[Row]]:
    """Yield runs of rows whose rendered table stays within the limit."""
    fixed = len(render(header, []))
    chunk: list[Row] = []
    size = fixed
    for row in rows:
        cost = len(_line(row, len(header))) + 1
        if chunk and size + cost > limit:
            yield chunk
            chunk, size = [], fixed
        chunk.append(row)
        size += cost
    if chunk:
        yield chunk


def _balanced(chunks: Iterator[list[Row]], header: Row, least: int) -> Iterator[list[Row]]:
    """Give a last chunk that would be too short half of the rows before it."""
    previous = next(chunks, None)
    for chunk in chunks:
        if previous and len(render(header, chunk)) < least:
            both = previous + chunk
            previous, chunk = both[: len(both) // 2], both[len(both) // 2 :]
        if previous:
            yield previous
        previous = chunk
    if previous:
        yield previous


def render(header: Row, rows: Iterable[Row]) -> str:
    """Write a compact markdown table."""
    width = len(header)
    lines = [_line(header, width), "|" + "---|" * width]
    return "\n".join(lines + [_line(row, width) for row in rows])


def _line(row: Row, width: int) -> str:
    """Write one row; missing cells are empty, and what would break the table is escaped."""
    cells = row + [""] * (width - len(row))
    return "| " + " | ".join(" ".join(c.replace("|", r"\|").split()) for c in cells) + " |"
