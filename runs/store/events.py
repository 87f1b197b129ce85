"""What happened, in order: written without waiting, read by viewers."""

from collections.abc import Iterator
from typing import Any

import orjson
from sqlalchemy import Engine, select

from ...agents.trace import Event
from .database import Database
from .place import Place
from .schema import EVENTS
from .statement import Statement


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
