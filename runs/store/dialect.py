"""What SQLite and PostgreSQL do in their own ways; everything else is the same for both.

SQLite in WAL mode: readers never wait for the writer, and what is committed survives the death of the
process (`synchronous = NORMAL`: the machine's own power loss may take the last commits). Its page
caches are bounded, so memory does not grow with the run; a quick read is made where it is asked for,
since it takes microseconds. PostgreSQL is asked from threads: it answers over a network.
"""

import os
import sqlite3
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Engine,
    cast,
    create_engine,
    event,
    func,
    literal_column,
    text,
)
from sqlalchemy.schema import CreateSchema

from ...agents.errors import UserError
from .place import Place

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA cache_size = -1000",  # KiB for each connection: a run has several
    "PRAGMA journal_size_limit = 67108864",
)
_DAMAGED = (
    *("malformed", "not a database", "disk image", "unsupported file format"),
    *("no such table", "no such column", "Could not decode"),
)
"""What SQLite says of a file that is not what it was."""
READERS = 8
"""Reads at a time, where the store is far."""
_PATIENCE = {"connect_timeout": "10", "keepalives_idle": "10", "keepalives_interval": "5"}
"""Seconds until a server that went away is noticed."""


class Dialect:
    """SQLite: a file of this process."""

    near = True
    """Whether a quick read is made in the event loop's own thread."""
    making = "SERIALIZABLE"
    """How tables are made: all or none."""

    def engine(self, place: Place) -> Engine:
        """Return the engine; nothing is connected yet."""
        if place.url.database:
            _make(place.url.database)
        engine = create_engine(place.url, paramstyle="qmark", pool_size=4)
        event.listen(engine, "connect", _set_pragmas)
        return engine

    def prepare(self, connection: Connection, place: Place) -> None:
        """Make ready for the tables, in the transaction that makes them."""

    def writing(self, engine: Engine) -> Any:
        """Return a connection of the driver's own, for transactions."""
        return engine.raw_connection()

    def field(self, body: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """Return the SQL for one field of a JSON body; the name is written into it."""
        return func.json_extract(body, literal_column(f"'$.{name}'"))

    @property
    def errors(self) -> type[Exception]:
        """What the driver raises."""
        return sqlite3.Error

    def unavailable(self, error: Exception) -> bool:
        """Return whether the database itself cannot be used (disk full, locked, gone)."""
        return isinstance(error, sqlite3.OperationalError) and "decode" not in str(error)

    def fleeting(self, error: Exception) -> bool:
        """Return whether the same transaction may succeed when it is tried again."""
        return False

    def move(self, error: BaseException) -> str:
        """Return what to do about a store that cannot be opened, in words."""
        if tells_damage(error):
            return RESTORE
        if "unable to open" in str(error):
            return "where its folder is read-only, copy it to one that can be written to"
        return "make room, then try again" if "full" in str(error) else "mend that, then try again"


def _make(path: str) -> None:
    """Make a file that its owner alone reads: documents and replies are the user's own.

    One that is there is never opened: to close it would take this process's locks on it away, also
    those of SQLite, and whoever else has it open then clears away what is read here.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


class PostgreSQL(Dialect):
    """PostgreSQL: a server that other machines use too."""

    near = False
    making = "READ COMMITTED"

    def engine(self, place: Place) -> Engine:
        """Return the engine; nothing is connected yet."""
        if find_spec("psycopg") is None:
            raise UserError(
                f"execution.store: {place.text} needs the extra `postgres`: "
                "pip install 'arenainstruct[postgres]'"
            )
        given = {name: value for name, value in _PATIENCE.items() if name not in place.url.query}
        # Parameters by position: rows are then plain tuples for every driver.
        return create_engine(
            place.in_schema().url,
            paramstyle="format",
            pool_size=READERS,
            isolation_level="AUTOCOMMIT",
            connect_args=given,
        )

    def prepare(self, connection: Connection, place: Place) -> None:
        """Make the schema; who else makes it waits for us."""
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        connection.execute(lock, {"name": f"tables of {place.schema}"})
        connection.execute(CreateSchema(place.schema, if_not_exists=True))

    def writing(self, engine: Engine) -> Any:
        """Return a connection of the driver's own, for transactions."""
        connection = engine.raw_connection()
        driver: Any = connection.driver_connection
        driver.autocommit = False
        return connection

    def field(self, body: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """Return the SQL for one field of a JSON body; the name is written into it."""
        return func.json_extract_path_text(cast(body, JSON), literal_column(f"'{name}'"))

    @property
    def errors(self) -> type[Exception]:
        """What the driver raises."""
        from psycopg import Error

        return Error

    def unavailable(self, error: Exception) -> bool:
        """Return whether the database itself cannot be used (disk full, gone)."""
        from psycopg import InterfaceError, OperationalError

        return isinstance(error, OperationalError | InterfaceError)

    def fleeting(self, error: Exception) -> bool:
        """Return whether the same transaction may succeed when it is tried again."""
        return getattr(error, "sqlstate", None) in ("40001", "40P01")

    def move(self, error: BaseException) -> str:
        """Return what to do about a database that cannot be reached, in words."""
        return "mend that"


RESTORE = "put a copy of it back, or start a new run"
"""What to do about a store that is not what was written."""


def tells_damage(error: BaseException) -> bool:
    """Return whether SQLite says that a file is not what it was."""
    return any(word in str(error) for word in _DAMAGED)


def dialect_of(place: Place) -> Dialect:
    """Return what the database at a place does in its own way."""
    return PostgreSQL() if place.shared else Dialect()


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
