"""Near-duplicate tasks: what was asked about which context, over all rounds of a run.

Two texts are near duplicates when their MinHash signatures agree in enough places (`tools/minhash.py`).
Which one is the earlier is told by round and id, never by when it was written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Select, bindparam, delete, func, select, text

from ...tools.minhash import Signature, bands, similarity
from .database import Database, fetched
from .place import Place
from .schema import BANDS, TASKS
from .statement import Statement, compiled
from .writer import Step

_BANDS, _CANDIDATES = 16, 32
"""Parts of a signature; and tasks that are compared in full, those that share most parts first."""


@dataclass(frozen=True)
class Task:
    """A task as near duplicates are looked for."""

    id: str
    signature: Signature
    bands: tuple[int, ...]

    @classmethod
    def of(cls, id: str, signature: Signature) -> "Task":
        """Return a task with the bands of its signature."""
        return cls(id, signature, bands(signature, _BANDS))

    @property
    def number(self) -> int:
        """A hash of the id: what its bands stand under."""
        return int.from_bytes(blake2b(self.id.encode(), digest_size=8).digest(), signed=True)


class TasksTable(Database):
    """The part of the store that remembers tasks."""

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        dialect = engine.dialect
        self._near = compiled(_nearest(), dialect)
        self._task = Statement.inserting(TASKS, dialect)
        self._band = Statement.inserting(BANDS, dialect)
        self._forget_round = [
            Statement.of(delete(table).where(table.c.round == bindparam("r")), dialect)
            for table in (BANDS, TASKS)
        ]

    async def first_asked(
        self, tasks: Sequence[Task], round: int, threshold: float
    ) -> list[str | None]:
        """Return for each task the id of an earlier near duplicate, or remember it and return None.

        Tasks are taken in their order: a later one may repeat an earlier one among them.
        """

        def look(connection: Connection) -> list[str | None]:
            return [
                _alike(fetched(connection, self._near, (*t.bands, t.number)), t, threshold)
                for t in tasks
            ]

        known = await self._ask(look)
        new: list[Task] = []
        found: list[str | None] = []
        for task, earlier in zip(tasks, known, strict=True):
            earlier = earlier or _among(new, task, threshold)
            found.append(earlier)
            if earlier is None:
                new.append(task)
        await self._keep(new, round)
        return found

    async def forget_tasks(self, round: int) -> None:
        """Forget what was remembered in a round, which starts over."""
        await self._writer.commit(*(Step(gone, [(round,)]) for gone in self._forget_round))

    async def _keep(self, tasks: Sequence[Task], round: int) -> None:
        rows = [(t.number, t.id, round, t.signature.tobytes()) for t in tasks]
        shared = [(band, t.number, round) for t in tasks for band in t.bands]
        await self._writer.commit(Step(self._task, rows), Step(self._band, shared))


def _nearest() -> Select[Any]:
    """Return the query for what shares most bands with a task: 16 of them, and the task's number."""
    number, shared = BANDS.c.number, func.count().label("shared")
    nearest = (
        select(number)
        .where(BANDS.c.band.in_([bindparam(f"band{n}") for n in range(_BANDS)]))
        .where(number != bindparam("own"))
        .group_by(number)
        .order_by(shared.desc(), number)
        .suffix_with(text(f"LIMIT {_CANDIDATES}"))
    )
    query = select(TASKS.c.id, TASKS.c.signature).where(TASKS.c.number.in_(nearest))
    return query.order_by(TASKS.c.round, TASKS.c.id)


def _alike(rows: Iterable[tuple[str, bytes]], task: Task, threshold: float) -> str | None:
    """Return the first that is similar enough."""
    for id, stored in rows:
        if similarity(task.signature, np.frombuffer(stored, dtype=np.uint32)) >= threshold:
            return id
    return None


def _among(new: Iterable[Task], task: Task, threshold: float) -> str | None:
    """Return the first new task that is similar enough: what shares no band cannot be."""
    own = set(task.bands)
    return next(
        (
            other.id
            for other in new
            if not own.isdisjoint(other.bands)
            and similarity(task.signature, other.signature) >= threshold
        ),
        None,
    )
