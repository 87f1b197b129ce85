"""Documents that are rows: JSONL, Parquet, and JSON files that hold records."""

import json
from collections.abc import Iterator
from typing import Any, cast

from .document import Document, SeedReject, Unusable
from .licence import Origin, from_mapping
from .opening import iter_lines, open_bytes
from .source import Source

Row = dict[str, Any]
Found = Document | SeedReject


def read_jsonl(source: Source, column: str, origin: Origin) -> Iterator[Found]:
    """Yield one document per line; a broken line is a reject and the rest goes on."""
    known = False
    for number, line in enumerate(iter_lines(source.path), 1):
        name = f"{source.name}#row-{number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield SeedReject(name, "unreadable", f"the line is no JSON: {error}")
            continue
        if not known:
            _require(row, column)
            known = True
        yield _document(name, row, column, origin)


def read_parquet(source: Source, column: str, origin: Origin) -> Iterator[Found]:
    """Yield one document per row, a bounded batch of rows in memory."""
    import pyarrow.parquet as parquet

    with open_bytes(source.path) as file:
        table = parquet.ParquetFile(file)
        names = table.schema_arrow.names
        _require(dict.fromkeys(names), column)
        wanted = {column, "title", "licence", "license", "source", "url"} & set(names)
        number = 0
        for batch in table.iter_batches(batch_size=256, columns=sorted(wanted)):
            for row in batch.to_pylist():
                number += 1
                yield _document(f"{source.name}#row-{number}", row, column, origin)


def records(value: Any, column: str) -> list[Row] | None:
    """Return the records with a text column in a parsed JSON file, or None where there are none."""
    if isinstance(value, dict):
        if isinstance(value.get(column), str):
            return [cast(Row, value)]
        return next((found for v in value.values() if (found := _listed(v, column))), None)
    return _listed(value, column)


def read_records(source: Source, rows: list[Row], column: str, origin: Origin) -> Iterator[Found]:
    """Yield one document per record."""
    for number, row in enumerate(rows, 1):
        yield _document(f"{source.name}#row-{number}", row, column, origin)


def _listed(value: Any, column: str) -> list[Row] | None:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return value if isinstance(value[0].get(column), str) else None
    return None


def _require(row: Any, column: str) -> None:
    """Refuse the whole file when its first row shows that the column is not there."""
    if isinstance(row, dict) and column in row:
        return
    found = ", ".join(sorted(row)) if isinstance(row, dict) else f"a {type(row).__name__}"
    raise Unusable("no_text_column", f"no column {column!r} among: {found}; set seeds.text_column")


def _document(name: str, row: Any, column: str, origin: Origin) -> Found:
    """Make a document of a row; what the row says about its origin comes before the manifest."""
    text = row.get(column) if isinstance(row, dict) else None
    if not isinstance(text, str):
        return SeedReject(name, "unreadable", f"column {column!r} holds {type(text).__name__}")
    own = from_mapping(row)
    return Document(
        name,
        text.replace("\r\n", "\n"),
        title=own.title,
        licence=own.licence or origin.licence,
        source=own.source or origin.source,
    )
