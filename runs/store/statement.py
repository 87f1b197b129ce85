"""SQL compiled once and run on the driver itself, many rows in one step.

Two costs are avoided here. SQLAlchemy's own execution takes more CPU than the insert; and a driver
gives the interpreter lock away at each step, which a busy event loop only returns after 5 ms: so a
batch must be few steps, one insert of 64 rows and not 64 inserts.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Table
from sqlalchemy.engine import Dialect

from .schema import insert_first

Row = Sequence[Any]
_SIZES = (64, 16, 4, 1)


class Cursor(Protocol):
    """What every database driver's cursor has."""

    rowcount: int
    """Rows that the last statement wrote."""

    def execute(self, sql: str, values: Sequence[Any], /) -> Any:
        """Run one statement."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows of the last statement."""
        ...


def compiled(statement: Any, dialect: Dialect) -> str:
    """Return the SQL text of a statement, its parameters in the order they are written."""
    return str(statement.compile(dialect=dialect))


class Statement:
    """One statement, as SQL for one or several rows of parameters."""

    def __init__(self, texts: dict[int, str], *, ordered: bool, kept: "Kept | None" = None) -> None:
        self._texts = texts
        self._kept = kept
        self.ordered = ordered
        """True where nothing else in its transaction may move past it."""

    @classmethod
    def of(cls, statement: Any, dialect: Dialect) -> "Statement":
        """Compile a statement that takes one row of parameters."""
        return cls({1: compiled(statement, dialect)}, ordered=True)

    @classmethod
    def inserting(cls, table: Table, dialect: Dialect, kept: "Kept | None" = None) -> "Statement":
        """Compile the insert that keeps the first row of a key, for several numbers of rows.

        `kept` is called with the rows of a step of which some were there already: it may raise.
        """
        name = dialect.name
        texts = {n: compiled(insert_first(table, name, n), dialect) for n in _SIZES}
        return cls(texts, ordered=False, kept=kept)

    def run(self, cursor: Cursor, rows: Sequence[Row]) -> None:
        """Run it over all rows in as few steps as it is compiled for."""
        at = 0
        for size, text in self._texts.items():
            while len(rows) - at >= size:
                step = rows[at : at + size]
                cursor.execute(text, [value for row in step for value in row])
                if self._kept is not None and cursor.rowcount < size:
                    self._kept(cursor, step)
                at += size


Kept = Callable[[Cursor, Sequence[Row]], None]
"""Looks at rows that were there before; raises where they may not have been."""
