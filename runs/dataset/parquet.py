"""Parquet files whose bytes depend on their rows alone, written as a stream."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 1_000
"""Rows in memory at most, and in a row group: fixed, since it shows in the bytes."""


class ParquetFile:
    """A file that appears under its name when it is whole: used in a `with` statement.

    Rows come as dicts with exactly the schema's columns.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = 0
        self._path = path
        self._schema = schema
        self._temporary = path.with_name(f".{path.name}.part")
        self._pending: list[dict[str, Any]] = []
        self._writer = pq.ParquetWriter(self._temporary, schema, compression="zstd")

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Write what is pending and rename, or remove the unfinished file after an error."""
        if kind is None:
            self._flush()
        self._writer.close()
        if kind is None:
            os.replace(self._temporary, self._path)
        else:
            self._temporary.unlink()

    def add(self, row: dict[str, Any]) -> None:
        """Add one row.

        Raises:
            ValueError: its columns are not the schema's.
        """
        if row.keys() != set(self._schema.names):
            odd = sorted(row.keys() ^ set(self._schema.names))
            raise ValueError(f"{self._path.parent.name}: columns missing or unknown: {odd}")
        self._pending.append(row)
        self.rows += 1
        if len(self._pending) == ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        # Readers stumble over a row group without rows; a file without row groups is well-formed.
        if self._pending:
            self._writer.write_table(pa.Table.from_pylist(self._pending, schema=self._schema))
            self._pending.clear()
