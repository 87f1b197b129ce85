"""What happens, told once: events under a scope that follows the work from the run down to a call.

A scope is opened where work is handed on (a graph, a node, a message to an actor) and is found by
whatever runs inside, however many tasks away. Events form a tree: each names the one it happened in,
up to the start of the run. Where nobody traces, nothing is told and nothing is spent.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from ..taxonomy.skill import Goal, Leaf, Transformation
from .models.secrets import redact
from .records import Record, make_id

OK = "ok"
"""The outcome of what did not fail; another one is the name of an error."""
Work = Literal["run", "episode", "node", "message"]
_KINDS: dict[Work, tuple[str, str, str]] = {
    "run": ("run_opened", "run_closed", "run_broken"),
    "episode": ("episode_started", "episode_finished", "episode_failed"),
    "node": ("node_started", "node_finished", "node_failed"),
    "message": ("sent", "replied", "failed"),
}
"""The events that work begins with, and ends with when it goes well and when it does not."""
_TOLD = 500
_NOTHING: Mapping[str, Any] = {}
_PLAIN = frozenset({str, int, float, bool, type(None)})


class Event(NamedTuple):
    """One thing that happened, and where; a named tuple, since a run makes millions of them."""

    id: str
    parent: str
    """Id of the event it happened in, or that it ends; empty for the start of a run."""
    at: float
    """Unix time."""
    kind: str
    run: str
    round: int = 0
    """0 where it belongs to none."""
    graph: str = ""
    node: str = ""
    actor: str = ""
    """`role/alias`."""
    message: str = ""
    """Id of the message under way: a hash of what it says and to whom."""
    records: tuple[str, ...] = ()
    """Ids of the records it is about, or that came of it."""
    keys: tuple[str, ...] = ()
    """Ledger keys of the calls behind it."""
    outcome: str = ""
    seconds: float = 0.0
    data: Mapping[str, Any] = {}
    """What only this kind of event tells, as JSON values."""
    seq: int = 0
    """The order in which it was written; 0 before."""


class Tracer:
    """Names the events of one start of a run, and hands them on; `write` must be quick."""

    def __init__(self, run: str, write: Callable[[Event], None]) -> None:
        self.run = run
        self._write = write
        self._start = token_hex(4)
        self._closed = False
        self._numbers = count(1)

    def tell(self, event: Event) -> None:
        """Hand an event on; what ends only after its run belongs to nobody."""
        if not self._closed:
            self._write(event)

    def close(self) -> None:
        """Hand nothing on any more."""
        self._closed = True

    def next_id(self) -> str:
        """Return the id of the next event: unique, also among other starts and other runs."""
        return f"event-{self._start}-{next(self._numbers)}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the work that runs now belongs."""

    tracer: Tracer
    event: str = ""
    """Id of the event that opened it."""
    round: int = 0
    graph: str = ""
    node: str = ""
    actor: str = ""
    message: str = ""
    keys: list[str] = field(default_factory=list)
    """Ledger keys used inside."""
    made: list[str] = field(default_factory=list)
    """Ids of the records that came of it."""


_HERE: ContextVar[Scope | None] = ContextVar("scope", default=None)


def here() -> Scope | None:
    """Return the scope of the work that runs now; None where nobody traces."""
    return _HERE.get()


def enter(scope: Scope | None) -> None:
    """Make a scope that of the task that runs now, and of all that it starts."""
    _HERE.set(scope)


def note(
    kind: str,
    *,
    actor: str = "",
    records: tuple[str, ...] = (),
    keys: tuple[str, ...] = (),
    outcome: str = "",
    seconds: float = 0.0,
    data: Mapping[str, Any] = {},
) -> None:
    """Tell that something happened here."""
    if (scope := _HERE.get()) is not None:
        scope.keys.extend(keys)
        _tell(scope, kind, scope.event, actor, records, keys, outcome, seconds, data)


@contextmanager
def span(
    work: Work,
    *,
    records: tuple[str, ...] = (),
    tracer: Tracer | None = None,
    round: int | None = None,
    graph: str | None = None,
    node: str | None = None,
    actor: str = "",
    message: str = "",
) -> Iterator[Scope | None]:
    """Open a scope: tell that work begins, and in the end what came of it and how long it took.

    What is not given is that of the scope around it; a run's own has `tracer` instead of one around.
    """
    above = _HERE.get()
    around = Scope(tracer) if tracer is not None else above
    if around is None:
        yield None
        return
    scope = Scope(
        around.tracer,
        around.tracer.next_id(),
        around.round if round is None else round,
        around.graph if graph is None else graph,
        around.node if node is None else node,
        actor or around.actor,
        message or around.message,
    )
    begins, ends, breaks = _KINDS[work]
    _tell(scope, begins, around.event, records=records, id=scope.event)
    started = time.perf_counter()
    kind, outcome, data = ends, OK, _NOTHING
    _HERE.set(scope)
    try:
        yield scope
    except BaseException as error:
        kind, outcome = breaks, type(error).__name__
        data = {"error": redact(str(error))[:_TOLD]}
        raise
    finally:
        _HERE.set(above)
        seconds = time.perf_counter() - started
        made, keys = tuple(scope.made), tuple(scope.keys)
        _tell(scope, kind, scope.event, "", made or records, keys, outcome, seconds, data)
        if tracer is not None:
            tracer.close()


def _tell(
    scope: Scope,
    kind: str,
    parent: str,
    actor: str = "",
    records: tuple[str, ...] = (),
    keys: tuple[str, ...] = (),
    outcome: str = "",
    seconds: float = 0.0,
    data: Mapping[str, Any] = _NOTHING,
    id: str = "",
) -> None:
    tracer = scope.tracer
    tracer.tell(
        Event(
            id or tracer.next_id(),
            parent,
            time.time(),
            kind,
            tracer.run,
            scope.round,
            scope.graph,
            scope.node,
            actor or scope.actor,
            scope.message,
            records,
            keys,
            outcome,
            seconds,
            data,
        )
    )


def record_ids(value: object) -> tuple[str, ...]:
    """Return the ids of the records in a message or a reply, each once."""
    found: dict[str, None] = {}
    _collect(value, found)
    return tuple(found)


def _collect(value: object, found: dict[str, None]) -> None:
    if isinstance(value, Record):
        found[value.id] = None
    elif isinstance(value, BaseModel):
        _collect(tuple(value.__dict__.values()), found)
    elif isinstance(value, tuple):
        for inner in value:
            if type(inner) not in _PLAIN:
                _collect(inner, found)


def message_id(role: str, alias: str, message: object) -> str:
    """Return the id of a message: a hash of what it says, to whom."""
    said: list[object] = [role, alias, type(message).__name__]
    _say(message, said)
    return make_id("message", *said)


def _say(value: object, said: list[object]) -> None:
    """Gather what a message says; records and parts of the taxonomy are said by their names."""
    if isinstance(value, Record):
        said.append(value.id)
    elif isinstance(value, Leaf | Goal | Transformation):
        said.append(value.name)
    elif isinstance(value, BaseModel):
        for inner in value.__dict__.values():
            _say(inner, said)
    elif isinstance(value, list | tuple):
        said.append(len(value))
        for inner in value:
            _say(inner, said)
    else:
        said.append(value)
