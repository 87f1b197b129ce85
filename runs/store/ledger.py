"""The ledger: every paid reply under the key of its call, committed before anyone sees it.

Replies that were paid but cannot be used stand there too, under keys that no call has.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import orjson
from sqlalchemy import BigInteger, Engine, bindparam, case, cast, func, select, update

from ...agents.models.call import Call, Reply, Usage
from ...agents.records import ToolCall, Turn
from .database import Database
from .packing import pack, unpack
from .schema import LEDGER
from .statement import Row, Statement, compiled
from .totals import LedgerTotals, Use
from .writer import Step

_REPLY = (
    "text",
    "model",
    "tool_calls",
    "tokens_in",
    "tokens_out",
    "usd",
    "finish",
    "seconds",
    "thoughts",
)
_PAGE = 200
_PICO = 1e12
_OFF, _UNUSABLE = "/", "unusable"
"""Stands in the keys of unusable replies, where those of calls are hexadecimal; and how they finished."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One paid call as it stands in the ledger; `tool_calls` is JSON text."""

    seq: int
    """Counts up in the order of commits."""
    key: str
    alias: str
    role: str
    subject: str
    model: str
    tokens_in: int
    tokens_out: int
    usd: float
    finish: str
    seconds: float
    started_at: float
    """Unix time."""
    text: str
    thoughts: str
    tool_calls: str
    packed_turns: bytes

    @property
    def turns(self) -> str:
        """The request's turns as JSON text."""
        return unpack(self.packed_turns).decode()


class LedgerTable(Database):
    """The part of the store that the door to models writes."""

    def __init__(self, engine: Engine, place: str) -> None:
        super().__init__(engine, place)
        query = select(*(LEDGER.c[name] for name in _REPLY)).where(LEDGER.c.key == "")
        self._recall = compiled(query, engine.dialect)
        self._remember = Statement.inserting(LEDGER, engine.dialect)
        one = update(LEDGER).where(LEDGER.c.key == bindparam("k"))
        one = one.values(key=bindparam("other"), finish=bindparam("why"))
        self._strike = Statement.of(one, engine.dialect)

    def recall(self, key: str) -> Reply | None:
        """Return the reply that was paid under this key; sees every `remember` that returned."""
        cursor = self.cursor()
        cursor.execute(self._recall, (key,))
        rows = cursor.fetchall()
        if not rows:
            return None
        text, model, calls, *rest = rows[0]
        return Reply(text, model, _read_calls(calls) if calls else (), *rest)

    async def remember(self, key: str, call: Call, reply: Reply) -> None:
        """Write a paid reply; returns once it is committed. A key already there keeps its first."""
        await self._writer.commit(Step(self._remember, [_row(key, call, reply)]))

    async def write_off(self, key: str, call: Call, usage: Usage) -> None:
        """Write down what an unusable reply cost; it counts in the totals and is never recalled."""
        reply = Reply(
            text="",
            model=usage.model,
            tokens_in=usage.tokens_in,
            tokens_out=usage.tokens_out,
            usd=usage.usd,
            finish=_UNUSABLE,
        )
        row = _row(f"{key}{_OFF}{time.time_ns()}", call, reply)
        await self._writer.commit(Step(self._remember, [row]))

    async def strike(self, key: str) -> None:
        """Take a paid reply out of what is recalled; it stays in the totals, as one that was unusable."""
        row = (f"{key}{_OFF}{time.time_ns()}", _UNUSABLE, key)
        await self._writer.commit(Step(self._strike, [row]))

    def totals(self) -> LedgerTotals:
        """Return what was paid in all, and by alias and role; reads the whole ledger."""
        c = LEDGER.c
        unusable = func.sum(case((c.key.contains(_OFF), 1), else_=0))
        # Whole pico-dollars: a sum of floats would depend on the order in which calls came back.
        usd = func.sum(cast(func.round(c.usd * _PICO), BigInteger))
        query = (
            select(
                c.alias,
                c.role,
                c.model,
                func.count(),
                unusable,
                func.sum(c.tokens_in),
                func.sum(c.tokens_out),
                usd,
            )
            .group_by(c.alias, c.role, c.model)
            .order_by(c.alias, c.role, c.model)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return LedgerTotals(
            tuple(
                Use(
                    alias,
                    role,
                    model,
                    calls=replies - int(unused),
                    unusable=int(unused),
                    tokens_in=int(read),
                    tokens_out=int(written),
                    usd=float(pico) / _PICO,
                )
                for alias, role, model, replies, unused, read, written, pico in rows
            )
        )

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield paid replies in the order of their commits, those after the given `seq`."""
        columns = [LEDGER.c[f.name.removeprefix("packed_")] for f in fields(Entry)]
        query = select(*columns).order_by(LEDGER.c.seq).limit(_PAGE)
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(query.where(LEDGER.c.seq > after)).all()
            if not rows:
                return
            yield from (Entry(*row) for row in rows)
            after = rows[-1].seq


def _row(key: str, call: Call, reply: Reply) -> Row:
    return (
        key,
        call.alias,
        call.role,
        call.subject,
        reply.model,
        reply.tokens_in,
        reply.tokens_out,
        reply.usd,
        reply.finish,
        reply.seconds,
        time.time() - reply.seconds,
        reply.text,
        reply.thoughts,
        orjson.dumps([_call(c) for c in reply.tool_calls]).decode() if reply.tool_calls else "",
        pack(orjson.dumps([_turn(t) for t in call.turns])),
    )


def _call(call: ToolCall) -> dict[str, str]:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _read_calls(text: str) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(**call) for call in orjson.loads(text))


def _turn(turn: Turn) -> dict[str, Any]:
    """Return a turn as JSON values, without the fields it does not use."""
    row: dict[str, Any] = {"role": turn.role, "content": turn.content}
    if turn.tool_calls:
        row["tool_calls"] = [_call(call) for call in turn.tool_calls]
    if turn.tool_call_id:
        row["tool_call_id"] = turn.tool_call_id
    return row
