"""The ledger: every paid reply under the key of its call, committed before anyone sees it.

Beside the replies stand the attempts that failed, paid or not.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Table,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    update,
)

from ...agents.errors import UserError
from ...agents.models.call import CUT, Attempt, Reply, Usage
from ...agents.models.request import KEY_LETTERS, Request
from .dialect import RESTORE
from .entry import REPLY, Entry, entry, reply
from .place import Place
from .requests import RequestsTable, Unreadable
from .schema import ATTEMPTS, CALLS, EVENTS, LEDGER, REQUESTS, columns
from .statement import Row, Statement, compiled
from .totals import LedgerTotals, Use
from .writer import Step

_PAGE = 200
_PICO = 1e12
_OFF = "/"
"""Stands in the keys of unusable replies, where those of calls are hexadecimal."""
_ENTRIES = select(*(LEDGER.c[field.name] for field in fields(Entry)))


@dataclass(frozen=True, slots=True)
class Worked:
    """What the replies of one alias took."""

    replies: int
    tokens_out: int
    seconds: float
    """All replies together."""
    first: float
    """Unix time at which the first was asked for."""
    last: float
    """Unix time at which the last was there."""


class LedgerTable(RequestsTable):
    """The part of the store that the door to models writes."""

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        query = select(*(LEDGER.c[name] for name in REPLY)).where(LEDGER.c.key == "")
        self._recall = compiled(query, engine.dialect)
        self._written_at = compiled(select(LEDGER.c.seq).where(LEDGER.c.key == ""), engine.dialect)
        self._remember = Statement.inserting(LEDGER, engine.dialect)
        one = update(LEDGER).where(LEDGER.c.key == bindparam("k"))
        one = one.values(key=bindparam("other"))
        self._strike = Statement.of(one, engine.dialect)
        self._attempt = Statement.inserting(ATTEMPTS, engine.dialect)

    async def recall(self, key: str) -> Reply | None:
        """Return the reply that was paid under this key; sees every `remember` that returned."""
        rows = await self._rows(self._recall, (key,))
        if not rows:
            return None
        try:
            return reply(key, rows[0])
        except Unreadable as error:  # no rejected row may come of it
            raise UserError(f"{self.place.text}: is damaged ({error}); {RESTORE}") from error

    async def written(self, key: str) -> int:
        """Return the number of the reply that was paid under this key; 0 where there is none."""
        rows = await self._rows(self._written_at, (key,))
        return int(rows[0][0]) if rows else 0

    async def remember(self, key: str, request: Request, reply: Reply) -> None:
        """Write a paid reply; returns once it is committed. A key already there keeps its first."""
        await self._write(key, request, Step(self._remember, [_paid(key, request, reply)]))

    async def fail(self, key: str, request: Request, attempt: Attempt) -> None:
        """Write down an attempt that failed; what it cost counts in the totals."""
        await self._write(key, request, Step(self._attempt, [_failed(key, request, attempt)]))

    async def attempts(self, key: str) -> tuple[Attempt, ...]:
        """Return what failed under this key, in order."""
        c = ATTEMPTS.c
        query = select(ATTEMPTS).where(c.key == key).order_by(c.started_at, c.number, c.seq)
        rows = await self._ask(lambda connection: connection.execute(query).mappings().all())
        return tuple(
            Attempt(
                **{f.name: row[f.name] for f in fields(Attempt) if f.name != "usage"},
                usage=None
                if row["tokens_in"] is None
                else Usage(row["model"], row["tokens_in"], row["tokens_out"], row["usd"]),
            )
            for row in rows
        )

    async def refuse_lost(self) -> None:
        """Refuse a ledger that lost what was paid: whoever goes on with it would pay for that again.

        Raises:
            UserError: a request is there, and nothing of what came of it; or calls were told of, and no
                request is there.
        """
        if lost := await self._ask(_lost, long=True):
            raise UserError(
                f"{self.place.text}: has lost {lost}: {RESTORE}, which pays for every call again"
            )

    async def struck(self, key: str) -> Reply | None:
        """Return the last reply under this key that was struck out: what a repeated run meets again."""
        c = LEDGER.c
        query = select(c.key).where(c.key.startswith(f"{key}{_OFF}", autoescape=True))
        last = query.order_by(c.key.desc()).limit(1)
        found = await self._ask(lambda connection: connection.scalar(last))
        return await self.recall(found) if found else None

    async def strike(self, key: str) -> None:
        """Take a paid reply out of what is recalled; it stays in the totals, as one that was unusable."""
        row = (f"{key}{_OFF}{time.time_ns()}", key)
        await self._writer.commit(Step(self._strike, [row]))

    async def totals(self) -> LedgerTotals:
        """Return what was paid in all, and by alias and role; reads the whole ledger."""
        return await self._ask(_totals)

    async def worked(self) -> dict[str, Worked]:
        """Return what the replies of each alias took that took any time."""
        c = LEDGER.c
        ends = (func.min(c.started_at), func.max(c.started_at + c.seconds))
        sums = (func.count(), func.sum(c.tokens_out), func.sum(c.seconds), *ends)
        query = select(c.alias, *sums).where(c.seconds > 0).group_by(c.alias)
        rows = await self._ask(lambda connection: connection.execute(query).all(), long=True)
        return {alias: Worked(int(n), int(out), *rest) for alias, n, out, *rest in rows}

    async def cut_under(self, caps: Mapping[str, int]) -> set[str]:
        """Return the aliases of which a reply was cut off at less than these `max_tokens`."""
        c = LEDGER.c
        shorter = or_(*(and_(c.alias == alias, c.cap < cap) for alias, cap in caps.items()))
        query = select(c.alias).where(c.finish == CUT, ~c.key.contains(_OFF), shorter).distinct()
        rows = await self._ask(lambda connection: connection.execute(query).all(), long=True)
        return {alias for (alias,) in rows}

    def entries(self) -> Iterator[Entry]:
        """Yield all paid replies in the order in which they were written."""
        return map(entry, self._all(_ENTRIES.order_by(LEDGER.c.seq)))

    def spent(self) -> Iterator[tuple[str, int, int, float]]:
        """Yield what replies about each record cost: its id, calls, tokens in and out, USD; by id."""
        c, about = LEDGER.c, REQUESTS.c.subject
        usd = func.sum(cast(func.round(c.usd * _PICO), BigInteger))
        query = select(about, func.count(), func.sum(c.tokens_in + c.tokens_out), usd)
        # A reply that was struck out is kept under its call's key with something after it.
        query = query.join_from(
            REQUESTS, LEDGER, func.substr(c.key, 1, KEY_LETTERS) == REQUESTS.c.key
        )
        for subject, calls, tokens, pico in self._all(query.group_by(about).order_by(about)):
            yield subject, int(calls), int(tokens or 0), float(int(pico or 0)) / _PICO

    async def paid(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Return the paid replies that exist among some keys."""
        query = _ENTRIES.where(LEDGER.c.key.in_(list(keys)))
        rows = await self._ask(lambda connection: connection.execute(query).all())
        return {one.key: one for one in map(entry, rows)}

    def given_up(self) -> Iterator[str]:
        """Yield the keys of calls that failed for good and were not answered later."""
        failed = ATTEMPTS.c.outcome == "failed"
        answered = select(LEDGER.c.key).where(LEDGER.c.key == ATTEMPTS.c.key).exists()
        query = select(ATTEMPTS.c.key).where(failed, ~answered).distinct()
        return (key for (key,) in self._all(query.order_by(ATTEMPTS.c.key)))

    async def copy_calls(
        self, other: "LedgerTable", first: Callable[[str], bool] = lambda key: True
    ) -> None:
        """Take over everything that was asked, paid and failed in another store, in its order.

        Of the paid replies, those whose keys are `first` come before all others.

        Raises:
            UserError: the other store has lost some of that.
        """
        await other.refuse_lost()
        for table in CALLS:
            await self._copy(table, other, first)
        await self._copy(LEDGER, other, lambda key: not first(key))

    async def _copy(self, table: Table, other: "LedgerTable", kept: Callable[[str], bool]) -> None:
        adding = Statement.inserting(table, self._engine.dialect)
        query = select(*(table.c[name] for name in columns(table)))
        rows = other._all(query.order_by(*table.primary_key.columns))
        if table is LEDGER:
            rows = (row for row in rows if kept(row.key))
        while page := list(islice(rows, _PAGE)):
            await self._writer.commit(Step(adding, [tuple(row) for row in page]))


def _lost(connection: Connection) -> str:
    """Return what a ledger lost, in words; a request is written with its outcome, in one transaction."""
    c, key = LEDGER.c, REQUESTS.c.key
    replied = select(c.key).where(c.key == key).exists()
    struck = select(c.key).where(c.key > key + _OFF, c.key < key + chr(ord(_OFF) + 1)).exists()
    failed = select(ATTEMPTS.c.seq).where(ATTEMPTS.c.key == key).exists()
    query = select(func.count()).select_from(REQUESTS).where(~replied, ~struck, ~failed)
    if lost := connection.scalar(query):
        return f"what came of {lost:,} calls"
    told = select(EVENTS.c.seq).where(EVENTS.c.kind == "call", EVENTS.c.outcome == "paid").limit(1)
    asked = connection.scalar(select(REQUESTS.c.seq).limit(1))
    return "all its calls" if asked is None and connection.scalar(told) else ""


def _totals(connection: Connection) -> LedgerTotals:
    found: dict[tuple[str, str, str], Use] = {}
    struck = LEDGER.c.key.contains(_OFF)
    for row in connection.execute(_sums(LEDGER).where(~struck)):
        alias, role, model, *spent = tuple(row)
        found[alias, role, model] = _use(alias, role, model, spent)
    unusable = ((_sums(LEDGER).where(struck), True), (_sums(ATTEMPTS), False))
    for replies, row in ((r, row) for query, r in unusable for row in connection.execute(query)):
        alias, role, model, *spent = tuple(row)
        lost = _use(alias, role, model, spent)
        if lost.calls:
            paid = found.get((alias, role, model), _use(alias, role, model, (0, 0, 0, 0)))
            found[alias, role, model] = paid.with_lost(lost, replies=replies)
    return LedgerTotals.of(found[name] for name in sorted(found))


def _sums(table: Any) -> Any:
    """Return the sums of a table by alias, role and model; rows that cost nothing known do not count."""
    c = table.c
    # Whole pico-dollars: a sum of floats would depend on the order in which calls came back.
    usd = func.sum(cast(func.round(c.usd * _PICO), BigInteger))
    sums = (func.count(c.tokens_in), func.sum(c.tokens_in), func.sum(c.tokens_out), usd)
    return select(c.alias, c.role, c.model, *sums).group_by(c.alias, c.role, c.model)


def _use(alias: str, role: str, model: str, spent: Iterable[Any]) -> Use:
    calls, read, written, pico = (int(value or 0) for value in spent)
    return Use(alias, role, model, calls, read, written, float(pico) / _PICO)


def _paid(key: str, request: Request, reply: Reply) -> Row:
    return (
        key,
        request.alias,
        request.role,
        reply.model,
        reply.tokens_in,
        reply.tokens_out,
        reply.usd,
        reply.finish,
        reply.cap,
        reply.seconds,
        time.time() - reply.seconds,
        reply.text,
        reply.thoughts,
        orjson.dumps([c.model_dump() for c in reply.tool_calls]).decode()
        if reply.tool_calls
        else "",
    )


def _failed(key: str, request: Request, attempt: Attempt) -> Row:
    used = attempt.usage
    return (
        key,
        request.alias,
        request.role,
        used.model if used else request.model,
        attempt.number,
        attempt.started_at,
        attempt.seconds,
        attempt.outcome,
        attempt.status,
        attempt.error.replace("\0", "\ufffd"),
        used.tokens_in if used else None,
        used.tokens_out if used else None,
        used.usd if used else None,
    )
