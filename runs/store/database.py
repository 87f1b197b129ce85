"""One database: how it is opened, who reads and who writes.

SQLite in WAL mode is the embedded default: readers never wait for the writer, and what is committed
survives the death of the process (`synchronous = NORMAL`: the machine's own power loss may take the
last commits). Page caches are bounded, so memory does not grow with the run.
"""

import os
from pathlib import Path
from typing import Any, Self

import orjson
from sqlalchemy import URL, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DatabaseError

from ...agents.errors import UserError
from .schema import FORMAT, META, METADATA, insert_last
from .statement import Cursor, Statement, compiled
from .writer import Step, Writer

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA cache_size = -1000",  # KiB for each connection: a run has several
    "PRAGMA journal_size_limit = 67108864",
)


class Database:
    """An open database: its tables, a connection for quick reads, and one thread that writes."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.place = place
        """Where it is, without a password: for messages."""
        self._engine = engine
        self._quick = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._driver: Any = self._quick.connection.driver_connection
        self._get_meta = compiled(select(META.c.value).where(META.c.key == ""), engine.dialect)
        self._set_meta = Statement.of(insert_last(META, engine.dialect.name), engine.dialect)
        driver: Any = engine.dialect.loaded_dbapi
        self._writer = Writer(engine.raw_connection(), driver.OperationalError, limit=10_000)

    @classmethod
    def open(cls, path_or_url: str | Path) -> Self:
        """Open a SQLite file by its path, or any supported database by its URL; makes the tables.

        Raises:
            UserError: it cannot be opened, is no store, or was written by a newer release.
        """
        url = _url(path_or_url)
        place = url.render_as_string(hide_password=True)
        engine = _engine(url, place)
        try:
            METADATA.create_all(engine)
            _check_format(engine, place)
            return cls(engine, place)
        except DatabaseError as error:
            engine.dispose()
            raise UserError(f"{place}: cannot be opened as a store: {error.orig}") from error
        except UserError:
            engine.dispose()
            raise

    def close(self) -> None:
        """Write what is pending and release every connection."""
        self._writer.close()
        self._quick.close()
        self._engine.dispose()

    def cursor(self) -> Cursor:
        """Return a cursor for one quick read; it sees every commit at once."""
        cursor: Cursor = self._driver.cursor()
        return cursor

    def get_meta(self, key: str) -> Any:
        """Return what `set_meta` wrote last under the key, or None."""
        cursor = self.cursor()
        cursor.execute(self._get_meta, (key,))
        rows = cursor.fetchall()
        return orjson.loads(rows[0][0]) if rows else None

    async def set_meta(self, key: str, value: Any) -> None:
        """Write a JSON value about the run; returns once it is committed."""
        await self._writer.commit(Step(self._set_meta, [(key, orjson.dumps(value).decode())]))


def _url(path_or_url: str | Path) -> URL:
    text = str(path_or_url)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        return make_url(text)
    except ArgumentError as error:
        raise UserError(f"store: {text.split('@')[-1]!r} is no database URL: {error}") from error


def _engine(url: URL, place: str) -> Engine:
    # Parameters by position: rows are then plain tuples for every driver.
    style = "qmark" if url.get_backend_name() == "sqlite" else "format"
    try:
        engine = create_engine(url, paramstyle=style, pool_size=4)
    except ModuleNotFoundError as error:
        raise UserError(f"{place}: its driver is missing: pip install {error.name}") from error
    if engine.dialect.name == "sqlite":
        if url.database:  # documents and replies are the user's own
            os.close(os.open(url.database, os.O_CREAT, 0o600))
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _check_format(engine: Engine, place: str) -> None:
    with engine.begin() as connection:
        found = connection.scalar(select(META.c.value).where(META.c.key == "format"))
        if found is None:
            values = {"key": "format", "value": str(FORMAT)}
            connection.execute(insert_last(META, engine.dialect.name), values)
        elif int(found) != FORMAT:
            raise UserError(
                f"{place}: its format is {found}, this release reads {FORMAT}: "
                "use the release that wrote it, or start a new run"
            )
