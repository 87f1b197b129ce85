"""Whole requests: what was asked of which model, so that any call can be shown and made again.

What many of them share (schemas, tools, params) is kept once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, String, select

from ...agents.models.call import ToolSpec
from ...agents.models.request import Request, likeness
from ...agents.records import Turn
from .database import Database
from .place import Place
from .schema import PARTS, REQUESTS
from .statement import Statement
from .writer import Step

LEVEL = 1
"""The quickest: about 30 µs for a prompt of 8 kB, and hardly larger than at higher ones."""
_LENGTH = 4


class Unreadable(ValueError):
    """Bytes of a store that are not what was written."""


@cache
def _codec() -> Any:
    import pyarrow

    return pyarrow.Codec("zstd", LEVEL)


def pack(text: bytes) -> bytes:
    """Return the text packed by zstd, behind its length."""
    packed: bytes = _codec().compress(text, asbytes=True)
    return len(text).to_bytes(_LENGTH) + packed


def unpack(packed: bytes) -> bytes:
    """Return the text.

    Raises:
        Unreadable: it is not what was packed.
    """
    length = int.from_bytes(packed[:_LENGTH])
    try:
        text: bytes = _codec().decompress(packed[_LENGTH:], length, asbytes=True)
    except (OSError, ValueError, MemoryError) as error:  # as pyarrow tells it
        raise Unreadable(f"a packed text: {error}") from error
    return text


_KEPT = 1000
"""Shared parts whose hashes are remembered."""
_LIKE = 100
"""Recorded requests that are looked at for the nearest one."""


class RequestsTable(Database):
    """The part of the store that tells what was asked."""

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        self._request = Statement.inserting(REQUESTS, engine.dialect)
        self._part = Statement.inserting(PARTS, engine.dialect)
        self._kept: dict[str, str] = {}
        """Hashes of parts that are committed, by their text."""

    async def _write(self, key: str, request: Request, outcome: Step) -> None:
        """Write a request and what came of it; returns once both are committed."""
        new: dict[str, str] = {}
        row = (
            key,
            request.model,
            request.version,
            request.sample,
            request.alias,
            request.role,
            request.subject,
            request.prompt,
            request.message,
            orjson.dumps(request.about).decode() if request.about else "",
            self._hash(request.schema, new),
            self._hash(_tools(request.tools), new),
            self._hash(request.params, new),
            pack(orjson.dumps([_turn(t) for t in request.turns])),
        )
        steps = [Step(self._request, [row]), outcome]
        if new:
            rows = [(digest, pack(text.encode())) for text, digest in new.items()]
            steps.append(Step(self._part, rows))
        await self._writer.commit(*steps)
        if len(self._kept) > _KEPT:
            self._kept.clear()
        self._kept |= new

    def _hash(self, text: str, new: dict[str, str]) -> str:
        """Return the hash a part is kept under, and note it where it is not kept yet."""
        if not text:
            return ""
        if (kept := self._kept.get(text)) is not None:
            return kept
        return new.setdefault(text, blake2b(text.encode(), digest_size=10).hexdigest())

    async def request(self, key: str) -> Request | None:
        """Return what was asked under a key, whole, whether it was answered or not."""
        return next(iter(await self._requests(REQUESTS.c.key == key)), None)

    async def nearest(self, request: Request) -> Request | None:
        """Return the recorded request that one was most likely meant to be; None where none is like it.

        It is one of the same message, or else one that the same role asked about the same record.
        """
        c = REQUESTS.c
        for told in (c.message == request.message, c.subject == request.subject):
            if found := await self._requests(c.role == request.role, told):
                return max(found, key=lambda recorded: likeness(request, recorded))
        return None

    async def asked_about(self, ids: Iterable[str], role: str) -> list[str]:
        """Return the keys of what a role was asked about some records, sorted; reads all requests."""
        c = REQUESTS.c
        query = select(c.key).where(c.role == role, c.subject.in_(list(ids))).order_by(c.key)
        return await self._ask(lambda connection: list(connection.scalars(query)), long=True)

    async def _requests(self, *where: ColumnElement[bool]) -> list[Request]:
        query = select(REQUESTS).where(*where).order_by(REQUESTS.c.key).limit(_LIKE)
        return await self._ask(lambda connection: _read(connection, query))


def _read(connection: Connection, query: Select[Any]) -> list[Request]:
    rows = connection.execute(query).mappings().all()
    hashes = {row[name] for row in rows for name in ("schema", "tools", "params")}
    parts = select(PARTS.c.hash, PARTS.c.body).where(PARTS.c.hash.in_(hashes))
    texts = {h: unpack(body).decode() for h, body in connection.execute(parts)} | {"": ""}
    return [_request(row, texts) for row in rows]


def _request(row: RowMapping, texts: Mapping[str, str]) -> Request:
    """Return a row as a request.

    Raises:
        Unreadable: it is not what was written, or what it shares with others is not there.
    """
    if odd := [name for name in _TEXTS if not isinstance(row[name], str)]:
        raise Unreadable(f"requests, {row['key']}: {odd[0]} holds {type(row[odd[0]]).__name__}")
    try:
        return _made(row, texts)
    except (ValueError, TypeError, LookupError) as error:
        why = f"has lost its part {error}" if isinstance(error, KeyError) else str(error)
        raise Unreadable(f"requests, {row['key']}: {why[:200]}") from error


_TEXTS = tuple(column.name for column in REQUESTS.columns if isinstance(column.type, String))
"""The columns that hold texts."""


def _made(row: RowMapping, texts: Mapping[str, str]) -> Request:
    told = {f.name: row[f.name] for f in fields(Request)}
    tools = texts[row["tools"]]
    told |= {
        "turns": tuple(map(Turn.model_validate, orjson.loads(unpack(row["turns"])))),
        "schema": texts[row["schema"]],
        "tools": tuple(ToolSpec(**t) for t in orjson.loads(tools or "[]")),
        "params": texts[row["params"]],
        "about": tuple(orjson.loads(row["about"] or "[]")),
    }
    return Request(**told)


def _tools(tools: Iterable[ToolSpec]) -> str:
    rows = [asdict(tool) for tool in tools]
    return orjson.dumps(rows).decode() if rows else ""


def _turn(turn: Turn) -> dict[str, Any]:
    """Return a turn as JSON values, without the fields it does not use."""
    row: dict[str, Any] = {"role": turn.role, "content": turn.content}
    if turn.tool_calls:
        row["tool_calls"] = [call.model_dump() for call in turn.tool_calls]
    if turn.tool_call_id:
        row["tool_call_id"] = turn.tool_call_id
    return row
