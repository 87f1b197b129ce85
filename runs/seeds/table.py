"""CSV and TSV to markdown tables; a big table becomes row chunks that repeat the header."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import PurePosixPath

from .document import Document, Unusable
from .licence import Origin
from .opening import iter_lines
from .settings import SeedSettings
from .source import Source

Row = list[str]


def read_table(source: Source, settings: SeedSettings, origin: Origin) -> Iterator[Document]:
    """Yield a table as one document, or as several when it is longer than `max_chars`.

    Raises:
        Unusable: it has no data row.
    """
    rows = _rows(source)
    header = next(rows, None)
    if header is None:
        raise Unusable("empty", "the table has no row")
    chunks = _balanced(_chunks(header, rows, settings.max_chars), header, settings.min_chars)
    first = next(chunks, None)
    if first is None:
        raise Unusable("empty", "the table has a header but no data")
    second = next(chunks, None)
    everything = chain([first] if second is None else [first, second], chunks)
    title = origin.title or PurePosixPath(source.name).name.split(".")[0]
    for number, chunk in enumerate(everything, 1):
        name = source.name if second is None else f"{source.name}#part-{number}"
        text = render(header, chunk)
        yield Document(name, text, "table", title, "", origin.licence, origin.source)


def _rows(source: Source) -> Iterator[Row]:
    """Yield the rows that hold anything, with trimmed cells."""
    lines = iter_lines(source.path)
    head = list(islice(lines, 20))
    reader = csv.reader(chain(head, lines), delimiter=_delimiter(source.name, "".join(head)))
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield cells


def _delimiter(name: str, head: str) -> str:
    """Return the separator: what a tab-separated name says, or what the first lines share."""
    if name.lower().removesuffix(".gz").endswith((".tsv", ".tab")):
        return "\t"
    try:
        return csv.Sniffer().sniff(head, delimiters=",;\t|").delimiter
    except csv.Error:
        return ","


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
