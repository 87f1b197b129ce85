"""Keeping the viewer's tables up with a run's store, a step at a time, while the run goes on."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from ...agents.errors import UserError
from .source import Source
from .tables import OF_ATTEMPTS, OF_LEDGER, OF_RECORDS

STEP = 20_000
"""Rows taken in one transaction: a reader waits for none of them."""
_CACHE_KIB = 64_000
_EVENTS = (
    "SELECT seq, id, parent, at, kind, round, graph, node, records, outcome, seconds "
    "FROM store.events WHERE seq > ? ORDER BY seq LIMIT ?"
)
_OPENS = frozenset({"node_started", "episode_started", "sent"})
_ENDS = frozenset({"node_finished", "episode_finished", "replied"})
_BREAKS = frozenset({"node_failed", "episode_failed", "failed"})


@dataclass(frozen=True)
class Behind:
    """How far the viewer's tables are."""

    done: int
    total: int

    @property
    def share(self) -> float:
        """How much of the store they hold, 0 to 1."""
        return self.done / self.total if self.total else 1.0


def catch_up(source: Source, most: int = 0) -> Behind:
    """Take in what the run wrote since the last time, `most` steps of each table at most (0: all)."""
    with source.opened(_CACHE_KIB) as connection:
        _forget_undone(connection)
        steps = 0
        while (not most or steps < most) and _step(connection):
            steps += 1
        return _behind(connection)


def _step(connection: sqlite3.Connection) -> bool:
    """Take one step of each table; return whether there was anything to take."""
    moved = False
    for name, take in _TAKES.items():
        connection.execute("BEGIN IMMEDIATE")
        after = _mark(connection, name)
        last = take(connection, after)
        if last > after:
            connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, last))
            moved = True
        connection.execute("COMMIT")
    return moved


def _mark(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT seq FROM marks WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _taken(
    connection: sqlite3.Connection, after: int, *, table: str, statements: Iterable[str]
) -> int:
    """Carry statements out over the next step of a table; return its last row."""
    query = (
        f"SELECT max(seq) FROM (SELECT seq FROM store.{table} WHERE seq > ? ORDER BY seq LIMIT ?)"
    )
    (found,) = connection.execute(query, (after, STEP)).fetchone()
    last = int(found or after)
    if last > after:
        for statement in statements:
            connection.execute(statement, {"after": after, "last": last})
    return last


def _forget_undone(connection: sqlite3.Connection) -> None:
    """Forget what the run took back: a resume discards what a half-done stage wrote.

    Where others were written under the same numbers, all records are taken in again.
    """
    if _same(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "DELETE FROM rows WHERE NOT EXISTS (SELECT 1 FROM store.records r "
        "WHERE r.seq = rows.seq AND r.id = rows.id)"
    )
    connection.execute("COMMIT")
    if _same(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM rows")
    connection.execute("DELETE FROM children")
    connection.execute("INSERT INTO texts (texts) VALUES ('delete-all')")
    connection.execute("DELETE FROM marks WHERE name = 'records'")
    connection.execute("COMMIT")


def _same(connection: sqlite3.Connection) -> bool:
    """Return whether the store still holds all rows that were taken in, and no other among them."""
    mark = _mark(connection, "records")
    counted = "SELECT count(*) FROM {} WHERE seq <= ?"
    (own,) = connection.execute(counted.format("rows"), (mark,)).fetchone()
    (kept,) = connection.execute(counted.format("store.records"), (mark,)).fetchone()
    return bool(own == kept)


def _behind(connection: sqlite3.Connection) -> Behind:
    done = total = 0
    for name in _TAKES:
        done += _mark(connection, name)
        (last,) = connection.execute(f"SELECT max(seq) FROM store.{name}").fetchone()
        total += int(last or 0)
    return Behind(done, total)


class _Told:
    """What one step of events says of traces."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        spans = connection.execute("SELECT event, trace FROM open_spans")
        self.inside: dict[str, int] = {event: trace for event, trace in spans}
        self.new: list[tuple[Any, ...]] = []
        self.steps: list[tuple[int, int]] = []
        self.about: set[tuple[str, int]] = set()
        self.ended: list[tuple[Any, ...]] = []
        self.tally: dict[int, list[int]] = {}
        self.counts: dict[tuple[Any, ...], list[float]] = {}

    def take(self, row: Any) -> None:
        """Take one event in."""
        seq, id, parent, at, kind, round, graph, node, records, outcome, seconds = row
        ids = orjson.loads(records) if records else ()
        own = kind == "episode_started" or (kind == "node_started" and graph == "supervisor")
        trace = self.inside.get(parent, 0)
        if own:
            trace = seq
            self.new.append((seq, id, graph, node, ids[0] if ids else "", round, at))
        if kind in _OPENS and trace:
            self.inside[id] = trace
        counted = self.counts.setdefault((round, graph, node, kind, outcome), [0, 0.0])
        counted[0] += 1
        counted[1] += seconds
        if not trace:
            return
        self.steps.append((trace, seq))
        tally = self.tally.setdefault(trace, [0, 0, 0])
        tally[0] += 1
        tally[1] += kind == "call"
        tally[2] += kind in _BREAKS or (kind == "call" and outcome == "failed")
        self.about.update((record, trace) for record in ids)
        if kind in _ENDS or kind in _BREAKS:
            self.inside.pop(parent, None)
            if kind.startswith(("episode", "node")):
                self.ended.append((seconds, outcome, trace, parent))

    def write(self) -> None:
        """Write it all."""
        many = self.connection.executemany
        many("INSERT OR IGNORE INTO traces VALUES (?,?,?,?,?,?,?,0,'',0,0,0)", self.new)
        many("INSERT OR IGNORE INTO steps VALUES (?, ?)", self.steps)
        many("INSERT OR IGNORE INTO told VALUES (?, ?)", sorted(self.about))
        many("UPDATE traces SET seconds=?, outcome=? WHERE id=? AND event=?", self.ended)
        many(
            "UPDATE traces SET events = events + ?, calls = calls + ?, failed = failed + ? WHERE id = ?",
            [(*tally, trace) for trace, tally in self.tally.items()],
        )
        many(
            "INSERT INTO counts VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n, "
            "seconds = seconds + excluded.seconds",
            [(*key, *value) for key, value in self.counts.items()],
        )
        self.connection.execute("DELETE FROM open_spans")
        many("INSERT INTO open_spans VALUES (?, ?)", list(self.inside.items()))


def _events(connection: sqlite3.Connection, after: int) -> int:
    cursor = connection.cursor()
    cursor.row_factory = None
    told, last = _Told(connection), after
    for row in cursor.execute(_EVENTS, (after, STEP)):
        told.take(row)
        last = row[0]
    if last > after:
        told.write()
    return last


_TAKES: dict[str, Callable[[sqlite3.Connection, int], int]] = {
    "records": partial(_taken, table="records", statements=OF_RECORDS),
    "ledger": partial(_taken, table="ledger", statements=OF_LEDGER),
    "attempts": partial(_taken, table="attempts", statements=OF_ATTEMPTS),
    "events": _events,
}
"""How a step of each table of a store is taken in."""
LOOKED_AT_S = 20.0
"""A run that no page showed for so long is left alone."""
EVERY_S = 1.0


class Keeper:
    """One task a run, while somebody looks at it."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._behind: dict[str, Behind] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._news: dict[str, asyncio.Event] = {}
        self.errors: dict[str, str] = {}
        """Why a run's store cannot be read, by its id."""

    async def fresh(self, source: Source, wait_s: float = 0.4) -> Behind:
        """Note that a run is looked at; return how far its tables are, once they are or time is up."""
        run = source.folder.run_id
        self._seen[run] = time.monotonic()
        if run not in self._tasks or self._tasks[run].done():
            self._news[run] = asyncio.Event()
            self._tasks[run] = asyncio.create_task(self._keep(source, self._news[run]))
        try:
            async with asyncio.timeout(wait_s):
                await self._news[run].wait()
        except TimeoutError:
            pass
        return self._behind.get(run, Behind(0, 1))

    async def _keep(self, source: Source, news: asyncio.Event) -> None:
        run = source.folder.run_id
        while time.monotonic() - self._seen[run] < LOOKED_AT_S:
            try:
                behind = await asyncio.to_thread(catch_up, source, 1)
                self.errors.pop(run, None)
            except (
                sqlite3.Error,
                UserError,
                OSError,
            ) as error:  # a run that was removed, a full disk
                self.errors[run] = str(error)
                await asyncio.sleep(EVERY_S)
                continue
            self._behind[run] = behind
            if behind.done >= behind.total:
                news.set()
                await asyncio.sleep(EVERY_S)
