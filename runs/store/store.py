"""The store of a run: ledger, records, events, indices and meta in one database, and its checkpoints."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy import Engine, delete, select

from ...agents.trace import Event
from ...tools.api_spec import ApiSpec, dump_apis, load_apis
from ...tools.full_text import clean
from ...tools.retrieval import ApiIndex
from .database import Database
from .place import Place
from .records import RecordsTable
from .schema import APIS, EVENTS
from .sharing import SharedLedger
from .statement import Statement
from .tasks import TasksTable
from .writer import Step


class ApisTable(Database):
    """The part of the store that a search over APIs is built from.

    Each process that searches has an index of its own in a temporary file: so ranks are the same
    whatever database the run is in.
    """

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        self._apis = Statement.inserting(APIS, engine.dialect)
        self._no_apis = Statement.of(delete(APIS), engine.dialect)

    async def add_apis(self, apis: Sequence[tuple[int, str, Sequence[ApiSpec]]]) -> None:
        """Write the APIs of some seeds: the seed's place in the order of reading, its id, its APIs."""
        rows = [(place, seed_id, clean(dump_apis(specs))) for place, seed_id, specs in apis]
        await self._writer.commit(Step(self._apis, rows))

    async def forget_apis(self) -> None:
        """Delete them all: the seeds are read anew."""
        await self._writer.commit(Step(self._no_apis, [()]))

    async def index_apis(self, index: ApiIndex) -> None:
        """Put them all into an index, in the order in which their seeds were read."""
        await self._away(lambda: _fill(index, self._seeds()))

    def _seeds(self) -> Iterator[tuple[str, list[ApiSpec]]]:
        query = select(APIS.c.seed_id, APIS.c.specs).order_by(APIS.c.place)
        return ((seed_id, load_apis(specs)) for seed_id, specs in self._all(query))


def _fill(index: ApiIndex, seeds: Iterator[tuple[str, list[ApiSpec]]]) -> None:
    for seed_id, apis in seeds:
        index.add(seed_id, apis)


class EventsTable(Database):
    """The part of the store that tells what happened."""

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        self._event = Statement.inserting(EVENTS, engine.dialect)

    def event(self, event: Event) -> None:
        """Note that something happened. Does not wait for the disk."""
        *plain, records, keys, outcome, seconds, data, _ = event
        row = (*plain, _json(records), _json(keys), outcome, seconds, _json(data))
        self._writer.put(self._event, row)

    def events(self, *, after: int = 0, before: int | None = None) -> Iterator[Event]:
        """Yield committed events in the order in which they were written, between two numbers."""
        query = select(EVENTS).where(EVENTS.c.seq > after).order_by(EVENTS.c.seq)
        rows = self._all(query if before is None else query.where(EVENTS.c.seq < before))
        return (_event(row._asdict()) for row in rows)

    async def event_number(self, id: str) -> int:
        """Return the number of an event by its id; 0 where there is none."""
        query = select(EVENTS.c.seq).where(EVENTS.c.id == id)
        return await self._ask(lambda connection: connection.scalar(query), long=True) or 0


def _event(row: dict[str, Any]) -> Event:
    told = {
        "records": _ids(row["records"]),
        "keys": _ids(row["keys"]),
        "data": orjson.loads(row["data"]) if row["data"] else {},
    }
    return Event(**{**row, **told})


def _json(value: Any) -> str:
    """Return a value as JSON text; nothing for what is empty, as most are."""
    return orjson.dumps(value).decode() if value else ""


def _ids(text: str) -> tuple[str, ...]:
    return tuple(orjson.loads(text)) if text else ()


STORE_FILE = "store.sqlite"
"""Its name inside a run's folder, where it is a file."""


class Store(SharedLedger, RecordsTable, TasksTable, ApisTable, EventsTable):
    """Everything a run must not lose; what was awaited is there after a kill.

    It is the door's `Ledger` and the graphs' `Records`: one asynchronous interface over SQLite and
    PostgreSQL. Only what reads a whole table afterwards (`entries`, `events`) is not awaited.
    """


@asynccontextmanager
async def checkpointer(place: Place) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer of a store: a file beside a SQLite one, tables in a run's schema."""
    if place.shared:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

        async with AsyncPostgresSaver.from_conn_string(place.in_schema().conninfo) as saver:
            await saver.setup()
            yield saver
    else:
        path = Path(place.text).with_name("checkpoints.sqlite")
        async with AsyncSqliteSaver.from_conn_string(str(path)) as file:
            yield file


async def thread_of(saver: BaseCheckpointSaver[Any], place: Place) -> str:
    """Return the thread of a run's checkpoints, all of which are its own: its name when it began.

    By its name of today, one whose folder was renamed or copied would begin anew over its own records.
    """
    async for kept in saver.alist(None, limit=1):
        return str(kept.config.get("configurable", {}).get("thread_id", place.run))
    return place.run
