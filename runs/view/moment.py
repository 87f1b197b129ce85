"""One moment of a trace: what was asked and answered there, and what had been made by then."""

import sqlite3
from dataclasses import dataclass
from typing import Any

import orjson

from ..store.requests import unpack
from .diff import Piece, diff
from .lineage import glance
from .records import bodies
from .source import Source
from .trace import Step, Trace


@dataclass(frozen=True)
class Spoken:
    """One turn of a conversation."""

    role: str
    text: str


@dataclass(frozen=True)
class Exchange:
    """One model call: what was asked, and what came back."""

    key: str
    alias: str
    model: str
    prompt: str
    """The prompt file's version; empty where none made the turns."""
    turns: tuple[Spoken, ...]
    reply: str
    error: str
    tokens_in: int
    tokens_out: int
    usd: float
    seconds: float


@dataclass(frozen=True)
class Held:
    """A record that had been made by then."""

    id: str
    kind: str
    text: str
    new: bool
    """It came with this step."""


@dataclass(frozen=True)
class Moment:
    """What the panes show of one step."""

    step: Step
    exchange: Exchange | None
    changes: tuple[Piece, ...]
    """The prompt against the one before it that the same role was asked in this trace."""
    state: tuple[Held, ...]


def moment(source: Source, trace: Trace, number: int) -> Moment:
    """Return what there is to see at a step."""
    step = trace.steps[number]
    with source.opened() as connection:
        key = _key(step)
        exchange = _exchange(connection, key) if key else None
        before = _before(trace, step)
        old = _exchange(connection, before) if before and exchange else None
        changes = diff(_prompt(old), _prompt(exchange)) if old and exchange else ()
        return Moment(step, exchange, changes, _state(connection, trace, number))


def _key(step: Step) -> str:
    return step.keys[-1] if step.keys and step.kind in ("call", "replied", "failed", "tool") else ""


def _before(trace: Trace, step: Step) -> str:
    """Return the key of the call that the same role made before this one."""
    role = step.actor.partition("/")[0]
    for other in reversed(trace.steps[: step.number]):
        if other.kind == "call" and other.actor.partition("/")[0] == role:
            if key := _key(other):
                if key not in step.keys:
                    return key
    return ""


def _prompt(exchange: Exchange | None) -> str:
    return "\n\n".join(turn.text for turn in exchange.turns) if exchange else ""


def _exchange(connection: sqlite3.Connection, key: str) -> Exchange | None:
    asked = connection.execute(
        "SELECT alias, model, prompt, turns FROM store.requests WHERE key = ?", (key,)
    ).fetchone()
    if asked is None:
        return None
    paid = connection.execute(
        "SELECT text, tool_calls, tokens_in, tokens_out, usd, seconds FROM store.ledger WHERE key = ?",
        (key,),
    ).fetchone()
    failed = connection.execute(
        "SELECT error FROM store.attempts WHERE key = ? ORDER BY seq DESC LIMIT 1", (key,)
    ).fetchone()
    text, calls, read, written, usd, seconds = paid or ("", "", 0, 0, 0.0, 0.0)
    return Exchange(
        key,
        asked["alias"],
        asked["model"],
        asked["prompt"],
        tuple(map(_spoken, orjson.loads(unpack(asked["turns"])))),
        text + (f"\n{_called(orjson.loads(calls))}" if calls else ""),
        failed["error"] if failed and not paid else "",
        int(read),
        int(written),
        usd,
        seconds,
    )


def _spoken(turn: dict[str, Any]) -> Spoken:
    calls = _called(turn.get("tool_calls", ()))
    return Spoken(turn["role"], "\n".join(part for part in (turn["content"], calls) if part))


def _called(calls: Any) -> str:
    return "\n".join(f"{call['name']}({call['arguments']})" for call in calls)


def _state(connection: sqlite3.Connection, trace: Trace, number: int) -> tuple[Held, ...]:
    """Return the records that the trace had told of by a step, the newest first."""
    first: dict[str, int] = {}
    for step in trace.steps[: number + 1]:
        for id in step.records:
            first.setdefault(id, step.number)
    latest = sorted(first, key=lambda id: -first[id])[:40]
    found = bodies(connection, latest)
    return tuple(
        Held(id, found[id][0], glance(*found[id]), first[id] == number)
        for id in latest
        if id in found
    )
