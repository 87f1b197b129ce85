"""The one thread that writes: what is put within a few milliseconds is one transaction.

Whoever awaits `commit` wakes up after the transaction that holds its rows is committed, so what was
awaited survives a kill. Order is kept: rows are written in the order in which they were put.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any

from ...agents.errors import StopRun
from .dialect import Dialect
from .statement import Row, Statement

_LOG = logging.getLogger(__name__)
WINDOW_S = 0.003
"""Seconds to gather before a commit: what a single write waits, and what a group shares."""
PATIENCE_S = 0.25
"""Seconds that what nobody waits for may wait for what somebody does."""
FULL = 512
"""Writes that are worth a commit by themselves."""
TRIES = 10
"""Tries again of a transaction that another worker's stood in the way of."""


@dataclass(frozen=True, slots=True)
class Step:
    """A statement with the rows to run it over."""

    statement: Statement
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class _Write:
    """Steps that belong in one transaction, and who waits for it."""

    steps: Sequence[Step]
    future: "asyncio.Future[None] | None" = None


def _merged(steps: Iterable[Step]) -> Iterator[tuple[Statement, Sequence[Row]]]:
    """Yield the steps with inserts of one statement gathered; none moves past an ordered step."""
    gathered: dict[Statement, list[Row]] = {}
    for step in steps:
        if step.statement.ordered:
            yield from gathered.items()
            gathered = {}
            yield step.statement, step.rows
        else:
            gathered.setdefault(step.statement, []).extend(step.rows)
    yield from gathered.items()


class Writer:
    """Owns the connection that writes."""

    def __init__(
        self, connection: Any, dialect: Dialect, *, describe: Callable[[Exception], str], limit: int
    ) -> None:
        """Start the thread.

        Args:
            connection: a driver's connection, which the writer closes in the end.
            dialect: what its errors mean.
            describe: tells an error without secrets.
            limit: writes that may wait; further ones make their caller wait for room.
        """
        self._connection = connection
        self._dialect = dialect
        self._describe = describe
        self._limit = limit
        self._pending: deque[_Write] = deque()
        self._loose: deque[tuple[Statement, Row]] = deque()
        """Rows that nobody waits for; put without the lock, which costs more than the row."""
        self._changed = Condition()
        self._closing = False
        self._dead: StopRun | None = None
        """Why the thread ended before its time: nobody may wait for it any more."""
        self._lost = False
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def commit(self, *steps: Step) -> None:
        """Write steps in one transaction; returns once it is committed.

        Raises:
            StopRun: the database cannot be written (disk full, locked by another process).
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Write(steps, future))
        await future

    def put(self, statement: Statement, row: Row) -> None:
        """Write a row some time soon; waits only where the writer is far behind."""
        if self._closing:
            raise RuntimeError("the store is closed")
        self._loose.append((statement, row))
        if (many := len(self._loose)) in (1, FULL) or many >= self._limit:
            with self._changed:
                self._changed.notify_all()
                while len(self._loose) >= self._limit and not self._closing and not self._dead:
                    self._changed.wait()

    def close(self) -> None:
        """Write what is pending, then end the thread and the connection."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._connection.close()

    def _put(self, write: _Write) -> None:
        with self._changed:
            if self._closing:
                raise RuntimeError("the store is closed")
            while len(self._pending) >= self._limit and self._dead is None:
                self._changed.wait()
            if self._dead is not None:
                raise self._dead
            self._pending.append(write)
            if len(self._pending) == 1:
                self._changed.notify_all()

    def _run(self) -> None:
        batch: list[_Write] = []
        try:
            while self._wait():
                with self._changed:
                    batch = list(self._pending)
                    self._pending.clear()
                    # Rows that were put before a write are there by the time it is committed.
                    loose = [self._loose.popleft() for _ in range(len(self._loose))]
                    self._changed.notify_all()
                self._write(loose, batch)
        except BaseException as error:
            with self._changed:
                self._dead = StopRun("store", f"the store's writer ended: {error!r}")
                waiting = [*batch, *self._pending]
                self._pending.clear()
                self._changed.notify_all()
            _answer([(write, self._dead) for write in waiting])

    def _wait(self) -> bool:
        """Wait for something to write, then for more; False when there is nothing left to do."""
        with self._changed:
            while not (self._pending or self._loose or self._closing):
                self._changed.wait()
            if not self._hurried():
                self._changed.wait_for(self._hurried, PATIENCE_S)
            if self._closing:
                return bool(self._pending or self._loose)
        time.sleep(WINDOW_S)
        return True

    def _hurried(self) -> bool:
        return bool(self._pending) or len(self._loose) >= FULL or self._closing

    def _write(self, loose: list[tuple[Statement, Row]], batch: list[_Write]) -> None:
        gathered: dict[Statement, list[Row]] = {}
        for statement, row in loose:
            gathered.setdefault(statement, []).append(row)
        steps = [Step(statement, rows) for statement, rows in gathered.items()]
        error = self._attempt([*steps, *(step for write in batch for step in write.steps)])
        if error is None or isinstance(error, StopRun) or len(batch) + len(loose) == 1:
            outcomes = [(write, error) for write in batch]
            if error is not None and loose and not self._lost:
                self._lost = True  # told once: on a full disk there is no end of them
                _LOG.error("events could not be written: %s", error)
        else:  # one bad row must not take its neighbours with it
            alone = [_Write((Step(statement, [row]),)) for statement, row in loose]
            outcomes = [(write, self._attempt(write.steps)) for write in (*alone, *batch)]
        _answer(outcomes)

    def _attempt(self, steps: Sequence[Step]) -> Exception | None:
        """Run steps in one transaction; an error goes to whoever awaits, not up this thread."""
        error = self._transact(steps)
        for _ in range(TRIES):
            if error is None or not self._dialect.fleeting(error):
                break
            error = self._transact(steps)
        if error is not None and self._dialect.unavailable(error):
            return StopRun("store", f"the store cannot be written: {self._describe(error)}")
        return error

    def _transact(self, steps: Iterable[Step]) -> Exception | None:
        try:
            cursor = self._connection.cursor()
            for statement, rows in _merged(steps):
                statement.run(cursor, rows)
            self._connection.commit()
        except Exception as error:
            try:
                self._connection.rollback()
            except Exception as further:
                if not self._dialect.unavailable(further):
                    raise
            return error
        return None


def _answer(outcomes: Iterable[tuple[_Write, Exception | None]]) -> None:
    """Tell those who wait, with one wake-up per event loop."""
    by_loop = defaultdict(list)
    for write, error in outcomes:
        if write.future is not None:
            by_loop[write.future.get_loop()].append((write.future, error))
        elif error is not None:
            _LOG.error("an event could not be written: %s", error)
    for loop, waiting in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, waiting)


def _resolve(waiting: Iterable[tuple["asyncio.Future[None]", Exception | None]]) -> None:
    for future, error in waiting:
        if future.done():  # cancelled meanwhile
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
