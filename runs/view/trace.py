"""One trace: everything that happened on one record's way, a step at a time."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from ...tools.ratings.verdict import in_order, side
from .lineage import glance
from .records import bodies
from .source import Source

_CHUNK = 500
_SELECT = (
    "SELECT e.seq, e.id, e.parent, e.at, e.kind, e.round, e.graph, e.node, e.actor, e.message, "
    "e.records, e.keys, e.outcome, e.seconds, e.data FROM steps s "
    "JOIN store.events e ON e.seq = s.seq WHERE s.trace = ? ORDER BY s.seq"
)
_BROKEN = frozenset({"node_failed", "episode_failed", "failed"})
IDLE_S = 2.0
"""Play takes a longer pause for so long, where idle time is skipped."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a trace, with what had been spent by then."""

    number: int
    seq: int
    id: str
    at: float
    kind: str
    graph: str
    node: str
    actor: str
    records: tuple[str, ...]
    keys: tuple[str, ...]
    outcome: str
    seconds: float
    data: dict[str, Any]
    usd: float = 0.0
    """Of the calls of this step."""
    tokens: int = 0
    spent: float = 0.0
    """Up to here."""
    read: int = 0
    """Tokens up to here."""
    disagrees: bool = False
    """A juror says other than the verdict."""

    @property
    def failed(self) -> bool:
        """Whether something went wrong here."""
        return self.kind in _BROKEN or (self.kind == "call" and self.outcome == "failed")

    @property
    def turn(self) -> bool:
        """Whether somebody speaks here."""
        return self.kind in ("replied", "failed") or self.kind == "tool"

    @property
    def headline(self) -> str:
        """What happened, in a few words."""
        who = self.actor or f"{self.graph}/{self.node}".strip("/")
        how = {
            "episode_started": "begins",
            "episode_finished": "is done",
            "episode_failed": f"breaks off: {self.outcome}",
            "node_started": "begins",
            "node_finished": "is done",
            "node_failed": f"breaks: {self.outcome}",
            "sent": "is asked",
            "replied": "answers",
            "failed": f"fails: {self.outcome}",
            "call": f"model call, {self.outcome}",
            "tool": f"calls {self.data.get('tool', 'a tool')}, {self.outcome}",
        }.get(self.kind, self.kind.replace("_", " "))
        return f"{who} {how}"


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole trace."""

    id: int
    graph: str
    record: str
    """What it is about."""
    round: int
    outcome: str
    seconds: float
    steps: tuple[Step, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The nodes, as `graph/node`, in the order in which they were first entered."""
        named = (f"{s.graph}/{s.node}" for s in self.steps if s.node)
        return tuple(dict.fromkeys(named))

    @property
    def talk(self) -> tuple[tuple[str, str], ...]:
        """Which node speaks to which actor."""
        named = ((f"{s.graph}/{s.node}", s.actor) for s in self.steps if s.actor and s.node)
        return tuple(dict.fromkeys(named))

    def seek(self, start: int, what: str, *, back: bool = False) -> int:
        """Return the number of the next step that is a `turn`, or `trouble`; the start without one."""
        for step in reversed(self.steps[:start]) if back else self.steps[start + 1 :]:
            if step.turn if what == "turn" else (step.failed or step.disagrees):
                return step.number
        return start

    def pause(self, number: int, *, skip_idle: bool) -> float:
        """Return the recorded seconds between a step and the next one."""
        if number + 1 >= len(self.steps):
            return 0.0
        gap = max(0.0, self.steps[number + 1].at - self.steps[number].at)
        return min(gap, IDLE_S) if skip_idle else gap


@dataclass(frozen=True, slots=True)
class Glance:
    """One trace in a list."""

    id: int
    graph: str
    record: str
    round: int
    at: float
    seconds: float
    outcome: str
    """Empty while it goes on."""
    events: int
    calls: int
    failed: int
    about: str = ""
    """What tells its record from others, in words."""


TRACES_PAGE = 50


def traces(
    source: Source, *, graph: str = "", failed: bool = False, after: int = 0
) -> tuple[Glance, ...]:
    """Return one page of the traces of a run, in the order in which they began."""
    where, values = ["id > ?"], list[Any]([after])
    if graph:
        where.append("graph = ?")
        values.append(graph)
    if failed:
        where.append("(failed > 0 OR outcome NOT IN ('', 'ok'))")
    names = ", ".join(name for name in Glance.__dataclass_fields__ if name != "about")
    query = (
        f"SELECT {names} FROM traces WHERE {' AND '.join(where)} ORDER BY id LIMIT {TRACES_PAGE}"
    )
    with source.opened() as connection:
        found = [Glance(*row) for row in connection.execute(query, values)]
        held = bodies(connection, (one.record for one in found))
        return tuple(replace(one, about=glance(*held.get(one.record, ("", {})))) for one in found)


def trace_graphs(source: Source) -> dict[str, int]:
    """Return how many traces there are by graph."""
    with source.opened() as connection:
        query = "SELECT graph, count(*) FROM traces GROUP BY 1 ORDER BY 1"
        return {graph: n for graph, n in connection.execute(query)}


def trace(source: Source, id: int) -> Trace | None:
    """Return a whole trace; None where there is none of that number."""
    with source.opened() as connection:
        head = connection.execute(
            "SELECT graph, record, round, outcome, seconds FROM traces WHERE id = ?", (id,)
        ).fetchone()
        if head is None:
            return None
        rows = connection.execute(_SELECT, (id,)).fetchall()
        records = [_ids(row["records"]) for row in rows]
        keys = [_ids(row["keys"]) for row in rows]
        paid = {
            own[0]
            for row, own in zip(rows, keys, strict=True)
            if own and row["kind"] == "call" and row["outcome"] == "paid"
        }
        costs = _costs(connection, sorted(paid))
        doubts = _doubts(connection, {id for own in records for id in own})
    graph, record, round, outcome, seconds = head
    steps = tuple(_steps(rows, records, keys, costs, doubts))
    return Trace(id, graph, record, round, outcome, seconds, steps)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(orjson.loads(text)) if text else ()


def _steps(
    rows: list[sqlite3.Row],
    records: list[tuple[str, ...]],
    keys: list[tuple[str, ...]],
    costs: dict[str, tuple[float, int]],
    doubts: set[tuple[str, str, str]],
) -> Iterator[Step]:
    """Yield the steps, none before the one it follows; a call that was served again cost nothing."""
    spent, read, at = 0.0, 0, 0.0
    for number, (row, about, own) in enumerate(zip(rows, records, keys, strict=True)):
        paid = row["kind"] == "call" and row["outcome"] == "paid" and own
        usd, tokens = costs.get(own[0], (0.0, 0)) if paid else (0.0, 0)
        spent, read = spent + usd, read + tokens
        shown = tuple(id for id in about if id.startswith("answer-"))[:2]
        at = max(at, row["at"])  # the clock may have gone back
        yield Step(
            number,
            row["seq"],
            row["id"],
            at,
            row["kind"],
            row["graph"],
            row["node"],
            row["actor"],
            about,
            own,
            row["outcome"],
            row["seconds"],
            orjson.loads(row["data"]) if row["data"] else {},
            usd,
            tokens,
            spent,
            read,
            row["kind"] == "replied" and (row["actor"].rpartition("/")[2], *shown) in doubts,
        )


def _costs(connection: sqlite3.Connection, keys: list[str]) -> dict[str, tuple[float, int]]:
    """Return what paid calls cost, in USD and tokens."""
    costs: dict[str, tuple[float, int]] = {}
    for at in range(0, len(keys), _CHUNK):
        page = keys[at : at + _CHUNK]
        query = (
            "SELECT key, usd, tokens_in + tokens_out FROM store.ledger "
            f"WHERE key IN ({', '.join('?' * len(page))})"
        )
        costs |= {key: (usd, tokens) for key, usd, tokens in connection.execute(query, page)}
    return costs


def _doubts(connection: sqlite3.Connection, ids: set[str]) -> set[tuple[str, str, str]]:
    """Return the games whose juror's word is not the verdict: (juror, answer shown first, second)."""
    made = sorted(id for id in ids if id.startswith("battle-"))
    found: set[tuple[str, str, str]] = set()
    for _, battle in bodies(connection, made).values():
        for game in battle["games"]:
            if side(game["score_a"] - game["score_b"]) != battle["winner"]:
                pair = (battle["answer_a"], battle["answer_b"])
                found.add((game["juror"], *in_order(pair, game["shown_first"])))
    return found
