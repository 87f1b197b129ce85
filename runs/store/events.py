"""What happened, in order: written without waiting, read by viewers."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Engine, select

from .database import Database
from .schema import EVENTS
from .statement import Statement
from .writer import Step

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One line of what happened."""

    seq: int
    at: float
    """Unix time."""
    kind: str
    actor: str
    subject: str
    """Id of the record it is about, where there is one."""
    data: dict[str, Any]


class EventsTable(Database):
    """The part of the store that tells what happened."""

    def __init__(self, engine: Engine, place: str) -> None:
        super().__init__(engine, place)
        self._event = Statement.inserting(EVENTS, engine.dialect)

    def event(self, kind: str, /, *, actor: str = "", subject: str = "", **data: Any) -> None:
        """Note that something happened; `data` must be JSON values. Does not wait for the disk."""
        row = (time.time(), kind, actor, subject, orjson.dumps(data).decode())
        self._writer.put(Step(self._event, [row]))

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield committed events in order, those after the given `seq`."""
        query = select(EVENTS).order_by(EVENTS.c.seq).limit(_PAGE)
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(query.where(EVENTS.c.seq > after)).all()
            if not rows:
                return
            for seq, at, kind, actor, subject, data in rows:
                yield Event(seq, at, kind, actor, subject, orjson.loads(data))
            after = rows[-1].seq
