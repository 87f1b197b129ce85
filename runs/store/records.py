"""Records by kind and id: written once, read back in the order of their ids, a page at a time.

A passage's text stands once: what is written of an instruction is without it, and reading puts both
together again. A kind that is a state of another one (a draft that passed the gate is an instruction)
is a word in a column of the same row.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError
from sqlalchemy import Connection, Delete, Engine, bindparam, delete, func, literal_column, select
from sqlalchemy import update as update_

from ...agents.errors import RecordConflict
from ...agents.records import Instruction, Record
from ...graphs.kinds import PASSAGE, Kind
from .database import PAGE, Database
from .place import Place
from .requests import Unreadable
from .schema import RECORDS
from .statement import Cursor, Row, Statement, compiled
from .writer import Step

R = TypeVar("R", bound=Record)
_C = RECORDS.c
_FIELDS = ("stage", "purpose")
"""Fields that a part of a kind may be discarded by."""
Bodies = Callable[[Connection], Sequence[Any]]
"""Reads ids and bodies of some records."""


def _rows(kind: Kind[R], round: int, records: Iterable[R]) -> list[Row]:
    return [(kind.stored, r.id, round, "", r.bare().model_dump_json()) for r in records]


class RecordsTable(Database):
    """The part of the store that the graphs write."""

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        dialect = engine.dialect
        one = (_C.kind == bindparam("k"), _C.id == bindparam("i"))
        of_round = (_C.kind == bindparam("k"), _C.round == bindparam("r"))
        self._add = Statement.inserting(RECORDS, dialect, self._refuse_others)
        self._written = compiled(select(_C.body).where(*one), dialect)
        self._forget = Statement.of(delete(RECORDS).where(*one), dialect)
        enter = update_(RECORDS).values(state=bindparam("s")).where(*one)
        self._enter = Statement.of(enter, dialect)
        leave = update_(RECORDS).values(state=literal_column("''"))
        self._leave = Statement.of(leave.where(*of_round, _C.state == bindparam("s")), dialect)
        gone: Delete = delete(RECORDS).where(*of_round)
        self._discard = Statement.of(gone, dialect)
        self._discard_where = {
            field: Statement.of(gone.where(self._field(field) == bindparam("v")), dialect)
            for field in _FIELDS
        }

    async def add(self, kind: Kind[R], round: int, records: Sequence[R]) -> None:
        """Write records; returns once they are committed. The same again changes nothing.

        Raises:
            RecordConflict: another record of an id is there already; none of these are written.
        """
        await self._writer.commit(*self._adding(kind, round, records))

    async def replace(self, kind: Kind[R], round: int, records: Sequence[R]) -> None:
        """Write records in the place of all of that kind and round, in one transaction."""
        gone = self._discarding(kind, round)
        await self._writer.commit(gone, *self._adding(kind, round, records))

    async def rewrite(self, kind: Kind[R], round: int, records: Sequence[R]) -> None:
        """Write records in the place of those of the same ids, in one transaction."""
        ids = [(kind.stored, record.id) for record in records]
        await self._writer.commit(Step(self._forget, ids), *self._adding(kind, round, records))

    async def discard(self, kind: Kind[Any], round: int, **where: str) -> None:
        """Delete that kind and round, or those with that value in a field: `stage` or `purpose`."""
        if not where:
            await self._writer.commit(self._discarding(kind, round))
        for field, value in where.items():
            rows = [(kind.stored, round, value)]
            await self._writer.commit(Step(self._discard_where[field], rows))

    async def stream(self, kind: Kind[R], round: int | None = None) -> AsyncIterator[R]:
        """Yield records ordered by id, a page in memory at a time.

        Records added meanwhile are seen where their id is still ahead.
        """
        after = ""
        while rows := await self._ask(_page(kind, round, after), long=True):
            page = await asyncio.to_thread(_parsed, kind, rows)
            after = page[-1].id
            for record in await self._whole(page):
                yield record

    async def count(self, kind: Kind[Any], round: int | None = None) -> int:
        """Return how many there are."""
        query = select(func.count()).select_from(RECORDS).where(*_where(kind, round))
        return await self._ask(lambda connection: connection.scalar(query)) or 0

    async def count_by(
        self, kind: Kind[Any], *fields: str, round: int | None = None
    ) -> dict[tuple[str, ...], int]:
        """Return counts by values of fields, sorted: `count_by(REJECT, "stage", "reason")`."""
        columns = [self._field(field) for field in fields]
        query = select(*columns, func.count()).where(*_where(kind, round)).group_by(*columns)
        rows = await self._ask(lambda connection: connection.execute(query).all())
        return dict(sorted((tuple(map(_text, row[:-1])), row[-1]) for row in rows))

    async def get(self, kind: Kind[R], id: str) -> R | None:
        """Return one record, or None."""
        return (await self.get_many(kind, [id])).get(id)

    async def get_many(self, kind: Kind[R], ids: Iterable[str]) -> dict[str, R]:
        """Return the records that exist among the ids, by id."""
        found: dict[str, R] = {}
        wanted = list(dict.fromkeys(ids))
        for at in range(0, len(wanted), PAGE):
            rows = await self._ask(_some(kind, wanted[at : at + PAGE]))
            records = await self._whole(_parsed(kind, rows))
            found |= {record.id: record for record in records}
        return found

    def _adding(self, kind: Kind[R], round: int, records: Sequence[R]) -> list[Step]:
        steps = [Step(self._add, _rows(kind, round, records))]
        if kind.state:
            steps.append(Step(self._enter, [(kind.state, kind.stored, r.id) for r in records]))
        return steps

    def _discarding(self, kind: Kind[Any], round: int) -> Step:
        if kind.state:
            return Step(self._leave, [(kind.stored, round, kind.state)])
        return Step(self._discard, [(kind.stored, round)])

    def _refuse_others(self, cursor: Cursor, rows: Sequence[Row]) -> None:
        """Raise where a row is not what its id was given to before; called by the writer's thread."""
        for kind, id, _, _, body in rows:
            cursor.execute(self._written, (kind, id))
            ((first,),) = cursor.fetchall()
            if body == first:
                continue
            before, now = orjson.loads(first), orjson.loads(body)
            for field in {**before, **now}:
                if (was := before.get(field)) != (new := now.get(field)):
                    raise RecordConflict(
                        f"{kind} {id} exists with another {field}: {_short(was)}, not {_short(new)}; "
                        "one id names one record for good: what tells these two apart is missing in it"
                    )

    async def _whole(self, records: list[R]) -> list[R]:
        """Return records as they were given: instructions with what stands in their passages."""
        wanted = {r.passage_id for r in records if isinstance(r, Instruction)} - {""}
        if not wanted:
            return records
        passages = await self.get_many(PASSAGE, wanted)
        if missing := wanted - passages.keys():
            raise Unreadable(f"{min(missing)} is not in it, and instructions are about it")

        def whole(record: Any) -> R:
            id = record.passage_id
            found: R = record.about(passages[id]) if id else record
            return found

        return list(map(whole, records))

    def _field(self, name: str) -> Any:
        """Return the SQL for one field of a record's JSON body; the name is written into it."""
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no field of a record")
        return self._dialect.field(_C.body, name)


def _page(kind: Kind[Any], round: int | None, after: str) -> Bodies:
    where = (*_where(kind, round), _C.id > after)
    query = select(_C.id, _C.body).where(*where).order_by(_C.id).limit(PAGE)
    return lambda connection: connection.execute(query).all()


def _some(kind: Kind[Any], ids: Sequence[str]) -> Bodies:
    query = select(_C.id, _C.body).where(*_where(kind, None), _C.id.in_(ids))
    return lambda connection: connection.execute(query).all()


def _parsed(kind: Kind[R], rows: Iterable[Any]) -> list[R]:
    """Return records of their rows.

    Raises:
        Unreadable: one is not what was written.
    """
    return [_record(kind, *row) for row in rows]


def _record(kind: Kind[R], id: str, body: str) -> R:
    try:
        record = kind.type.model_validate_json(body)
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(map(str, found["loc"]))
        raise Unreadable(
            f"records, {kind.stored} {id}: {where}{': ' if where else ''}{found['msg']}"
        ) from error
    if record.id != id:
        # Pages follow each other by it: those of a row that is none would never end.
        raise Unreadable(f"records, {kind.stored} {id}: its body is another record's")
    return record


def _where(kind: Kind[Any], round: int | None) -> list[Any]:
    found = [_C.kind == kind.stored]
    found += [_C.state == kind.state] if kind.state else []
    return found + ([] if round is None else [_C.round == round])


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
