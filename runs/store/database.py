"""One database: how it is opened, who reads and who writes."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import orjson
from sqlalchemy import Connection, Engine, Executable, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import DropSchema

from ...agents.errors import StopRun, UserError
from .dialect import READERS, dialect_of, tells_damage
from .place import Place
from .schema import FORMAT, META, METADATA, insert_last
from .statement import Statement, compiled
from .writer import Step, Writer

T = TypeVar("T")
PAGE = 500
"""Rows in memory at a time."""


class Database:
    """An open database: its tables, its readers, and one thread that writes."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self.place = place
        self._engine = engine
        self._dialect = dialect_of(place)
        self._quick = engine.connect() if self._dialect.near else None
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        self._get_meta = compiled(select(META.c.value).where(META.c.key == ""), engine.dialect)
        self._set_meta = Statement.of(insert_last(META, engine.dialect.name), engine.dialect)
        self._writer = Writer(
            self._dialect.writing(engine), self._dialect, describe=place.told, limit=10_000
        )

    @classmethod
    def open(cls, where: str | Path | Place) -> Self:
        """Open a SQLite file by its path, or a run's part of a database by its place; makes the tables.

        Raises:
            UserError: it is no store, was written by another release, or its server cannot be reached.
            StopRun: its file cannot be opened.
        """
        place = Place.of(where)
        engine = dialect_of(place).engine(place)
        try:
            _make_tables(engine, place)
            return cls(engine, place)
        except SQLAlchemyError as error:
            engine.dispose()
            said = getattr(error, "orig", None) or error
            told, move = place.told(said), dialect_of(place).move(said)
            text = f"{place.text}: cannot be opened as a store: {told}; {move}"
            if place.shared or tells_damage(said) or not dialect_of(place).unavailable(said):
                raise UserError(text) from None
            # What the machine refuses now stops a run as it would at any later moment.
            raise StopRun("disk", text) from None
        except UserError:
            engine.dispose()
            raise

    def close(self) -> None:
        """Write what is pending and release every connection."""
        self._writer.close()
        self._readers.shutdown()
        if self._quick is not None:
            self._quick.close()
        self._engine.dispose()

    async def get_meta(self, key: str) -> Any:
        """Return what `set_meta` wrote last under the key, or None."""
        rows = await self._rows(self._get_meta, (key,))
        return orjson.loads(rows[0][0]) if rows else None

    async def set_meta(self, key: str, value: Any) -> None:
        """Write a JSON value about the run; returns once it is committed."""
        await self._writer.commit(Step(self._set_meta, [(key, orjson.dumps(value).decode())]))

    async def _rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Return the rows of one quick read; it sees every commit at once."""
        if self._quick is not None:
            return fetched(self._quick, sql, values)
        return await self._ask(lambda connection: fetched(connection, sql, values))

    async def _ask(self, read: Callable[[Connection], T], *, long: bool = False) -> T:
        """Return what a read finds, made where it holds nobody up; `long` ones always in a thread.

        Raises:
            StopRun: the store went away.
        """
        if self._dialect.near and not long:
            return self._read(read)
        return await self._away(lambda: self._read(read))

    async def _away(self, work: Callable[[], T]) -> T:
        """Return what is worked out in a thread of the store's."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def _read(self, read: Callable[[Connection], T]) -> T:
        """Return what a read finds, in this thread."""
        while True:
            try:
                with self._engine.connect() as connection:
                    return read(connection)
            except (SQLAlchemyError, self._dialect.errors) as error:
                cause: Any = getattr(error, "orig", None) or error
                if self._dialect.fleeting(cause):
                    continue
                if self._dialect.unavailable(cause):
                    told = self.place.told(cause)
                    raise StopRun("store", f"the store cannot be read: {told}") from error
                raise

    def _all(self, query: Executable) -> Iterator[Any]:
        """Yield the rows of a query as they stand when it begins, a page in memory at a time."""
        with self._engine.connect() as connection:
            own = connection.execution_options(yield_per=PAGE, isolation_level=self._dialect.making)
            yield from own.execute(query)


def fetched(connection: Connection, sql: str, values: Sequence[Any]) -> list[Any]:
    """Return rows from the driver itself: SQLAlchemy's own execution takes more CPU than the read."""
    cursor: Any = connection.connection.cursor()
    cursor.execute(sql, values)
    rows: list[Any] = cursor.fetchall() if cursor.description else []
    return rows


def _make_tables(engine: Engine, place: Place) -> None:
    """Make the tables unless they are there.

    Raises:
        UserError: they are those of another release, or some of them were lost.
    """
    with engine.connect() as connection:
        own = connection.execution_options(isolation_level=dialect_of(place).making)
        with own.begin():
            dialect_of(place).prepare(own, place)
            there = set(inspect(own).get_table_names(schema=place.schema or None))
            written = select(META.c.value).where(META.c.key == "format")
            found = own.scalar(written) if META.name in there else None
            if found is None:
                METADATA.create_all(own)
                values = {"key": "format", "value": str(FORMAT)}
                own.execute(insert_last(META, engine.dialect.name), values)
            elif str(found) != str(FORMAT):
                raise UserError(
                    f"{place.text}: its format is {found}, this release reads {FORMAT}: "
                    "use the release that wrote it, or start a new run"
                )
            elif lost := METADATA.tables.keys() - there:
                # The format is written last: a table made now would hide what it held.
                raise UserError(
                    f"{place.text}: has lost its tables ({', '.join(sorted(lost))}): put a copy of it "
                    "back, or start a new run, which pays for every call again"
                )


def holds_store(place: Place) -> bool:
    """Return whether there is a store at a place; it is reached for that.

    Raises:
        UserError: it cannot be reached.
    """
    if not place.shared:
        return Path(place.text).exists()
    with _reached(place) as engine:
        return inspect(engine).has_table(META.name, schema=place.schema)


def try_store(place: Place) -> None:
    """Reach a database as a run would.

    Raises:
        UserError: it cannot be reached, or whoever asks may make no schema there.
    """
    with _reached(place) as engine, engine.connect() as connection:
        may = text("SELECT has_database_privilege(current_database(), 'CREATE')")
        if not connection.scalar(may):
            raise UserError(
                f"execution.store: {place.text} lets {place.url.username} make no schema: "
                f'GRANT CREATE ON DATABASE "{place.url.database}" TO "{place.url.username}"'
            )


@contextmanager
def _reached(place: Place) -> Iterator[Engine]:
    engine = dialect_of(place).engine(place)
    try:
        yield engine
    except SQLAlchemyError as error:
        told = place.told(getattr(error, "orig", None) or error)
        raise UserError(f"execution.store: {place.text} cannot be reached: {told}") from None
    finally:
        engine.dispose()


def drop_store(place: Place) -> None:
    """Drop a run's part of a database; a file is its folder's to remove."""
    if place.shared:
        engine = dialect_of(place).engine(place)
        with engine.connect() as connection:
            connection.execute(DropSchema(place.schema, cascade=True, if_exists=True))
        engine.dispose()
