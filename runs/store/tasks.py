"""Near-duplicate tasks: what was asked about which context, over all rounds of a run.

Two texts are near duplicates when their MinHash signatures agree in enough places (`tools/minhash.py`), or,
of tasks about one context, their embeddings point the same way. Which one is the earlier is told by round and
id, never by when it was written.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, Executable, bindparam, delete, func, select, text

from ...tools.minhash import Signature, bands, similarity
from .database import PAGE, Database, fetched
from .place import Place
from .schema import BANDS, TASKS
from .statement import Statement, compiled
from .writer import Step

Vector = npt.NDArray[np.float32]
_BANDS, _CANDIDATES = 16, 32
"""Parts of a signature; and tasks that are compared in full, those that share most parts first."""


@dataclass(frozen=True)
class Task:
    """A task as near duplicates are looked for."""

    id: str
    context: str
    """What it is about."""
    signature: Signature
    vector: Vector | None
    """Its embedding, of length 1; None where words alone are compared."""

    @cached_property
    def bands(self) -> tuple[int, ...]:
        """The parts of its signature."""
        return bands(self.signature, _BANDS)

    @cached_property
    def parts(self) -> frozenset[int]:
        """The same as a set: two tasks that share none are not alike in words."""
        return frozenset(self.bands)

    @property
    def number(self) -> int:
        """A hash of the id: what its bands stand under."""
        return _hash(self.id)

    @property
    def scope(self) -> int:
        """A hash of its context."""
        return _hash(self.context)


def _hash(text: str) -> int:
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), signed=True)


@dataclass(frozen=True)
class Alike:
    """From where on two tasks are one."""

    words: float
    """Jaccard similarity of their signatures."""
    meaning: float
    """Cosine of their vectors, about one context."""

    def holds(self, one: Task, other: Task) -> bool:
        """Return whether two tasks are near duplicates."""
        shared = not one.parts.isdisjoint(other.parts)
        if shared and similarity(one.signature, other.signature) >= self.words:
            return True
        if one.vector is None or other.vector is None or one.context != other.context:
            return False
        return float(one.vector @ other.vector) >= self.meaning


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
        self, tasks: Sequence[Task], round: int, alike: Alike
    ) -> list[str | None]:
        """Return for each task the id of an earlier near duplicate, or remember it and return None.

        Tasks are taken in their order: a later one may repeat an earlier one among them.
        """

        def look(connection: Connection) -> list[str | None]:
            near = [
                _in_words(fetched(connection, self._near, (*t.bands, t.number)), t, alike)
                for t in tasks
            ]
            meant = self._meant(connection, tasks, alike)
            return [one or other for one, other in zip(near, meant, strict=True)]

        known = await self._ask(look)
        new: list[Task] = []
        found: list[str | None] = []
        for task, earlier in zip(tasks, known, strict=True):
            earlier = earlier or next((one.id for one in new if alike.holds(one, task)), None)
            found.append(earlier)
            if earlier is None:
                new.append(task)
        await self._keep(new, round)
        return found

    async def forget_tasks(self, round: int) -> None:
        """Forget what was remembered in a round, which starts over."""
        await self._writer.commit(*(Step(gone, [(round,)]) for gone in self._forget_round))

    def _meant(
        self, connection: Connection, tasks: Sequence[Task], alike: Alike
    ) -> list[str | None]:
        """Return for each task an earlier one of its context that means the same, as vectors tell."""
        wanted: dict[int, list[int]] = defaultdict(list)
        for place, task in enumerate(tasks):
            if task.vector is not None:
                wanted[task.scope].append(place)
        found: list[str | None] = [None] * len(tasks)
        for scope, places in wanted.items():
            own = np.stack([v for place in places if (v := tasks[place].vector) is not None])
            about = {"scope": scope, "bytes": own[0].nbytes}
            for page in connection.execute(_of_scope(), about).partitions(PAGE):
                stored = np.frombuffer(b"".join(vector for _, vector in page), dtype=np.float32)
                near = stored.reshape(len(page), -1) @ own.T >= alike.meaning
                for place, column in zip(places, near.T, strict=True):
                    if found[place] is None and column.any():
                        found[place] = page[int(column.argmax())].id
        return found

    async def _keep(self, tasks: Sequence[Task], round: int) -> None:
        rows = [
            (t.number, t.id, round, t.scope, t.signature.tobytes(), _stored(t.vector))
            for t in tasks
        ]
        shared = [(band, t.number, round) for t in tasks for band in t.bands]
        await self._writer.commit(Step(self._task, rows), Step(self._band, shared))


def _nearest() -> Executable:
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


def _of_scope() -> Executable:
    """Return the query for what is about one context, with a vector of so many bytes."""
    own = (TASKS.c.scope == bindparam("scope")) & (
        func.length(TASKS.c.vector) == bindparam("bytes")
    )
    return select(TASKS.c.id, TASKS.c.vector).where(own).order_by(TASKS.c.round, TASKS.c.id)


def _stored(vector: Vector | None) -> bytes:
    return b"" if vector is None else vector.tobytes()


def _in_words(rows: Iterable[tuple[str, bytes]], task: Task, alike: Alike) -> str | None:
    """Return the first that is similar enough."""
    for id, stored in rows:
        if similarity(task.signature, np.frombuffer(stored, dtype=np.uint32)) >= alike.words:
            return id
    return None
