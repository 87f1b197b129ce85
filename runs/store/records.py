"""Records by kind and id: written once, read back in the order of their ids, a page at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import orjson
from sqlalchemy import JSON, Engine, bindparam, cast, delete, func, literal_column, select

from ...agents.errors import RecordConflict
from ...agents.records import Record
from .database import Database
from .schema import RECORDS
from .statement import Cursor, Row, Statement, compiled
from .writer import Step

R = TypeVar("R", bound=Record)
_PAGE = 500
_C = RECORDS.c


def _rows(kind: str, round: int, records: Iterable[Record]) -> list[Row]:
    return [(kind, record.id, round, record.model_dump_json()) for record in records]


class RecordsTable(Database):
    """The part of the store that the graphs write."""

    def __init__(self, engine: Engine, place: str) -> None:
        super().__init__(engine, place)
        dialect = engine.dialect
        of_round = delete(RECORDS).where(_C.kind == bindparam("k"), _C.round == bindparam("r"))
        self._add = Statement.inserting(RECORDS, dialect, self._refuse_others)
        self._discard = Statement.of(of_round, dialect)
        written = select(_C.body).where(_C.kind == bindparam("k"), _C.id == bindparam("i"))
        self._written = compiled(written, dialect)
        one = delete(RECORDS).where(_C.kind == bindparam("k"), _C.id == bindparam("i"))
        self._forget = Statement.of(one, dialect)
        self._discard_of = {
            field: Statement.of(of_round.where(self._field(field) == bindparam("f")), dialect)
            for field in ("stage", "purpose")
        }

    async def add(self, kind: str, round: int, records: Sequence[Record]) -> None:
        """Write records; returns once they are committed. The same again changes nothing.

        Raises:
            RecordConflict: another record of an id is there already; none of these are written.
        """
        await self._writer.commit(Step(self._add, _rows(kind, round, records)))

    async def replace(self, kind: str, round: int, records: Sequence[Record]) -> None:
        """Write records in the place of all of that kind and round, in one transaction."""
        await self._writer.commit(
            Step(self._discard, [(kind, round)]), Step(self._add, _rows(kind, round, records))
        )

    async def rewrite(self, kind: str, round: int, records: Sequence[Record]) -> None:
        """Write records in the place of those of the same ids, in one transaction."""
        ids = [(kind, record.id) for record in records]
        await self._writer.commit(
            Step(self._forget, ids), Step(self._add, _rows(kind, round, records))
        )

    async def discard(
        self, kind: str, round: int, stage: str | None = None, purpose: str | None = None
    ) -> None:
        """Delete that kind and round: all, the rejects of a stage, or the battles of a purpose."""
        of = [(f, v) for f, v in (("stage", stage), ("purpose", purpose)) if v is not None]
        if not of:
            await self._writer.commit(Step(self._discard, [(kind, round)]))
        for field, value in of:
            await self._writer.commit(Step(self._discard_of[field], [(kind, round, value)]))

    async def stream(self, kind: str, type: type[R], round: int | None = None) -> AsyncIterator[R]:
        """Yield records ordered by id, a page in memory at a time.

        Records added meanwhile are seen where their id is still ahead.
        """
        after = ""
        while page := await asyncio.to_thread(self._page, kind, type, round, after):
            for record in page:
                yield record
            after = page[-1].id

    def scan(self, kind: str, type: type[R], round: int | None = None) -> Iterator[R]:
        """Yield what `stream` yields, outside an event loop."""
        after = ""
        while page := self._page(kind, type, round, after):
            yield from page
            after = page[-1].id

    def count(self, kind: str, round: int | None = None) -> int:
        """Return how many there are."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(RECORDS).where(*_where(kind, round))
            return connection.scalar(query) or 0

    def count_by(
        self, kind: str, *fields: str, round: int | None = None
    ) -> dict[tuple[str, ...], int]:
        """Return counts by values of fields, sorted: `count_by("reject", "stage", "reason")`."""
        columns = [self._field(field) for field in fields]
        query = select(*columns, func.count()).where(*_where(kind, round)).group_by(*columns)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return dict(sorted((tuple(map(_text, row[:-1])), row[-1]) for row in rows))

    def get(self, kind: str, id: str, type: type[R]) -> R | None:
        """Return one record, or None."""
        return self.get_many(kind, [id], type).get(id)

    def get_many(self, kind: str, ids: Iterable[str], type: type[R]) -> dict[str, R]:
        """Return the records that exist among the ids, by id."""
        found: dict[str, R] = {}
        wanted = list(dict.fromkeys(ids))
        with self._engine.connect() as connection:
            for at in range(0, len(wanted), _PAGE):
                query = select(_C.body).where(_C.kind == kind, _C.id.in_(wanted[at : at + _PAGE]))
                for body in connection.scalars(query):
                    record = type.model_validate_json(body)
                    found[record.id] = record
        return found

    def _refuse_others(self, cursor: Cursor, rows: Sequence[Row]) -> None:
        """Raise where a row is not what its id was given to before; called by the writer's thread."""
        for kind, id, _, body in rows:
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

    def _page(self, kind: str, type: type[R], round: int | None, after: str) -> list[R]:
        query = select(_C.body).where(*_where(kind, round), _C.id > after).order_by(_C.id)
        with self._engine.connect() as connection:
            bodies = connection.scalars(query.limit(_PAGE)).all()
        return [type.model_validate_json(body) for body in bodies]

    def _field(self, name: str) -> Any:
        """Return the SQL for one field of a record's JSON body; the name is written into it."""
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no field of a record")
        if self._engine.dialect.name == "sqlite":
            return func.json_extract(_C.body, literal_column(f"'$.{name}'"))
        return func.json_extract_path_text(cast(_C.body, JSON), literal_column(f"'{name}'"))


def _where(kind: str, round: int | None) -> list[Any]:
    return [_C.kind == kind] + ([] if round is None else [_C.round == round])


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
