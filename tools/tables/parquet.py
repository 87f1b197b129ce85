"""Parquet: only the columns asked for leave the disk."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .allowance import LEAST, Allowance
from .table import FORMAT, Batch, Reject, Row, TableError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 1 << 17
"""Rows read at once."""
LONG_ROWS = 1 << 12
"""The same where rows hold long texts."""
FEW_ROWS = 256
"""The same where whole rows are taken one by one."""
ROW = 64
"""Bytes that a row takes by itself, whatever it holds."""


class ParquetTable:
    """A Parquet file."""

    counted, complete = "the first row is row 1", True

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file
        self._allowance = Allowance(path)
        self._schema = self._opened(()).schema_arrow
        self.format = (self._schema.metadata or {}).get(FORMAT, b"").decode()
        self.head = {f.name: 0 if _is_number(f.type) else None for f in self._schema}

    def rows(self, names: Collection[str] | None = None) -> Iterator[Row | Reject]:
        """Yield the rows."""
        number = 0
        columns = sorted(names) if names else None
        self._allowance.spend(self._opened(()).metadata.num_rows * ROW)
        self._measure(columns)
        for batch in self._batches(self._opened(()), FEW_ROWS, columns):
            # A value that stands there once is written out for each row, beside the batch.
            self._allowance.hold(batch.nbytes + sum(map(_spelled, batch.columns)))
            with self._allowance.held():
                rows = batch.to_pylist()
            for row in rows:
                number += 1
                yield Row(number, row)

    def batches(
        self,
        names: Sequence[str],
        *,
        optional: Collection[str] = (),
        absent: Mapping[str, Any] | None = None,
        long: Collection[str] = (),
    ) -> Iterator[Batch]:
        """Yield some columns; short texts come encoded by a dictionary.

        Raises:
            TableError: a column holds lists or structs where text or a number belongs.
        """
        import numpy as np
        import pyarrow as pa

        fields = [field for field in self._schema if field.name in names]
        if nested := [field for field in fields if pa.types.is_nested(field.type)]:
            raise TableError(
                f"{self.path}: column {nested[0].name!r} holds {nested[0].type}; it must hold text or "
                "numbers"
            )
        texts = [f.name for f in fields if pa.types.is_string(f.type) and f.name not in long]
        file = self._opened(texts)
        rows = LONG_ROWS if set(long) & set(names) else ROWS
        read = 0
        self._measure([path for path in _paths(file, names) if path not in texts])
        for batch in self._batches(file, rows, _paths(file, names)):
            numbers = np.arange(read + 1, read + 1 + batch.num_rows, dtype=np.int64)
            read += batch.num_rows
            yield Batch(dict(zip(batch.schema.names, batch.columns, strict=True)), numbers)

    def _measure(self, columns: Sequence[str] | None) -> None:
        """Spend what the texts of some columns hold, before any of them is written out.

        A value that stands in a column a million times is stored once, and so is what two of them
        begin with. Where that could open to too much, the values are read without their repetitions.
        """
        metadata = self._opened(()).metadata
        for group in range(metadata.num_row_groups):
            chunks = [metadata.row_group(group).column(i) for i in range(metadata.num_columns)]
            for chunk in chunks:
                top = chunk.path_in_schema.split(".")[0]
                if columns is not None and not {chunk.path_in_schema, top} & set(columns):
                    continue
                size = chunk.total_uncompressed_size
                if size > LEAST or not chunk.physical_type == "BYTE_ARRAY":
                    self._allowance.spend(size)
                    continue
                for batch in self._batches(
                    self._opened([chunk.path_in_schema]), ROWS, [chunk.path_in_schema], [group]
                ):
                    self._allowance.spend(sum(map(_spelled, batch.columns)))

    def _opened(self, texts: Sequence[str]) -> Any:
        """Return a reader that encodes some columns by a dictionary."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            return parquet.ParquetFile(self._file, read_dictionary=list(texts))
        except (pa.ArrowException, OSError) as error:
            raise TableError(f"{self.path}: cannot be read: {_first(error)}") from error

    def _batches(
        self,
        file: Any,
        rows: int,
        columns: Sequence[str] | None,
        groups: Sequence[int] | None = None,
    ) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        batches = file.iter_batches(rows, row_groups=groups, columns=columns)
        while True:
            try:
                with self._allowance.held():
                    batch = next(batches, None)
            except pa.ArrowException as error:
                raise TableError(f"{self.path}: cannot be read: {_first(error)}") from error
            if batch is None:
                return
            yield batch


def _spelled(array: "pa.Array") -> int:
    """Return how many bytes the texts of a column hold, each as often as it stands there."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(array.type):
        lengths = compute.call_function("binary_length", [array.dictionary]).take(array.indices)
        return compute.call_function("sum", [lengths]).as_py() or 0
    if pa.types.is_struct(array.type):
        return sum(map(_spelled, array.flatten()))
    return _spelled(array.flatten()) if pa.types.is_nested(array.type) else int(array.nbytes)


def _first(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _is_number(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _paths(file: Any, names: Sequence[str]) -> list[str]:
    """Return the stored columns of `names`; `games/juror` means the field inside the list."""
    paths = [file.schema.column(at).path for at in range(len(file.schema))]
    inside = [name.split("/") for name in names if "/" in name]
    return [
        path
        for path in paths
        if path in names
        or any(path.startswith(f"{top}.") and field in path.split(".") for top, field in inside)
    ]
