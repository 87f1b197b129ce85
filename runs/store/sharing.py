"""Several workers on one store: who is alive, who pays for which call, what each holds back.

A call is claimed before it is paid, and the ceiling is everyone's. A worker's life is a lease that it
renews, and a lock of its session: a killed process loses the lock at once, a machine that vanished its
lease a little later. What a dead worker claimed or held back is anyone's. All times are the server's.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from threading import Event, Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import Engine

from ...agents.errors import StopRun, UserError
from ...agents.models.budget import Budget
from ...agents.models.call import Reply
from .database import fetched
from .ledger import LedgerTable
from .place import Place

T = TypeVar("T")
_FIRST_S, _MOST_S = 0.02, 0.5
"""Seconds between looks at what another worker pays for."""
Run = Callable[[str, Any], list[Any]]
"""Runs one statement of the driver's own and returns its rows."""
LEASE_S = 30.0
"""Seconds without a sign of life after which a worker counts as dead."""
_LOCK_S = 5
"""Seconds that the lock of a run may take to come free after its holder was killed."""
_PICO = 1_000_000_000_000
_NOW = "extract(epoch FROM clock_timestamp())"
_ALIVE = f"""
    until > {_NOW} AND EXISTS (
        SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid::bigint = number >> 32 AND objid::bigint = number & 4294967295
    )"""
_OWN = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_ENTER = f"INSERT INTO workers (owner, number, until, held) VALUES (%s, %s, {_NOW} + %s, 0)"
_RENEW = f"UPDATE workers SET until = {_NOW} + %s WHERE owner = %s"
_REAP = f"""
    WITH dead AS (DELETE FROM workers WHERE NOT ({_ALIVE}) RETURNING held)
    UPDATE purse SET held = held - (SELECT coalesce(sum(held), 0) FROM dead)"""
_LEAVE = """
    WITH gone AS (DELETE FROM workers WHERE owner = %s RETURNING held)
    UPDATE purse SET held = held - (SELECT coalesce(sum(held), 0) FROM gone)"""
_CLAIM = f"""
    INSERT INTO claims (key, owner, token) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, token = excluded.token
    WHERE claims.owner = excluded.owner
    OR NOT EXISTS (SELECT 1 FROM workers WHERE workers.owner = claims.owner AND {_ALIVE})
    RETURNING token"""
_FREE = "DELETE FROM claims WHERE key = %s AND owner = %s AND token = %s"
_SPENT = """
    INSERT INTO purse (one, spent, held) VALUES (1, %s, 0)
    ON CONFLICT (one) DO UPDATE SET spent = greatest(purse.spent, excluded.spent)"""
_HOLD = """
    WITH fits AS (
        UPDATE purse SET held = held + %(usd)s WHERE spent + held + %(usd)s <= %(most)s
        AND EXISTS (SELECT 1 FROM workers WHERE owner = %(owner)s) RETURNING one
    )
    UPDATE workers SET held = held + %(usd)s
    WHERE owner = %(owner)s AND EXISTS (SELECT 1 FROM fits) RETURNING owner"""
_SETTLE = """
    WITH paid AS (
        UPDATE purse SET spent = spent + %(usd)s, held = held - %(held)s
        WHERE EXISTS (SELECT 1 FROM workers WHERE owner = %(owner)s) RETURNING one
    )
    UPDATE workers SET held = held - %(held)s
    WHERE owner = %(owner)s AND EXISTS (SELECT 1 FROM paid)"""


class Peer:
    """This process among the workers of a store; every method waits for the server."""

    def __init__(self, place: Place, run: Run) -> None:
        """Enter, and give a sign of life now and then until `leave`; statements go through `run`."""
        import psycopg

        self._place = place
        self._do = run
        self._session = psycopg.connect(place.in_schema().conninfo, autocommit=True)
        self.owner = f"{socket.gethostname()}-{secrets.token_hex(8)}"
        self._number = secrets.randbits(62)
        self._tokens = count(1)
        self._left, self._lost = Event(), False
        self._session.execute("SELECT pg_advisory_lock(%s)", (self._number,))
        self._do(_ENTER, (self.owner, self._number, LEASE_S))
        self._thread = Thread(target=self._live, name="store-peer", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Give everything back."""
        self._left.set()
        self._thread.join()
        self._do(_LEAVE, (self.owner,))
        self._session.close()

    def own_run(self) -> None:
        """Keep the run for this process, until it leaves or dies.

        Raises:
            UserError: another process keeps it.
        """
        name = f"run of {self._place.schema}"
        for _ in range(_LOCK_S * 10):
            tried = self._session.execute(_OWN, (name,)).fetchone()
            if tried and tried[0]:
                return
            self._left.wait(0.1)
        raise UserError(
            f"run {self._place.schema!r} is in use by another process on {self._place.text}: "
            "wait for it, or stop it"
        )

    def claim(self, key: str) -> int | None:
        """Return the token of a claim on a call; None where a living worker has it."""
        if self._lost:
            raise StopRun(
                "store",
                f"this worker gave no sign of life for {LEASE_S:g} s, and others may have taken over "
                "its calls",
            )
        rows = self._do(_CLAIM, (key, self.owner, next(self._tokens)))
        return int(rows[0][0]) if rows else None

    def free(self, key: str, token: int) -> None:
        """Give a claim back."""
        self._do(_FREE, (key, self.owner, token))

    def spent(self, usd: float) -> None:
        """Tell what the ledger says was spent."""
        self._do(_SPENT, (round(usd * _PICO),))

    def hold(self, usd: float, ceiling: float) -> float | None:
        """Hold money back; return None where that succeeded, and otherwise what all have spent."""
        told = {"usd": round(usd * _PICO), "most": round(ceiling * _PICO), "owner": self.owner}
        if self._do(_HOLD, told):
            return None
        self._do(_REAP, ())
        return float(self._do("SELECT spent FROM purse", ())[0][0]) / _PICO

    def settle(self, held: float, usd: float) -> None:
        """Give back what was held, and book what was spent."""
        told = {"usd": round(usd * _PICO), "held": round(held * _PICO), "owner": self.owner}
        self._do(_SETTLE, told)

    def _live(self) -> None:
        import psycopg

        while not self._left.wait(LEASE_S / 3):
            try:
                with self._session.cursor() as cursor:
                    cursor.execute(_RENEW, (LEASE_S, self.owner))
                    self._lost = cursor.rowcount == 0
            except psycopg.Error:
                self._lost = True
            if self._lost:
                return


class SharedLedger(LedgerTable):
    """The ledger with what keeps workers out of each other's way.

    A SQLite store has one process at a time, which its run's folder is locked for: there, nothing of
    this costs anything.
    """

    def __init__(self, engine: Engine, place: Place) -> None:
        super().__init__(engine, place)
        self._peer: Peer | None = None
        self._entering = Lock()

    @asynccontextmanager
    async def claimed(self, key: str) -> AsyncIterator[Reply | None]:
        """Keep a call for this worker while it pays; yields the reply where another one paid it."""
        if not self.place.shared:
            yield None
            return
        token, wait = None, _FIRST_S
        while (token := await self._peered(lambda peer: peer.claim(key))) is None:
            await asyncio.sleep(wait)
            wait = min(2 * wait, _MOST_S)
            if (reply := await self.recall(key)) is not None:
                yield reply
                return
        try:
            # Whoever had the claim before committed the reply ahead of giving it back.
            yield await self.recall(key)
        finally:
            held = token
            await self._peered(lambda peer: peer.free(key, held))

    async def budget(self, ceiling: float | None) -> Budget:
        """Return the budget over all that the ledger holds and all who are at work on it."""
        spent = (await self.totals()).usd
        if not self.place.shared or ceiling is None:
            return Budget(ceiling, spent=spent)
        await self._peered(lambda peer: peer.spent(spent))
        return Budget(ceiling, spent=spent, till=self)

    async def hold(self, usd: float, ceiling: float) -> float | None:
        """Hold money back among all workers; see `Till`."""
        return await self._peered(lambda peer: peer.hold(usd, ceiling))

    async def settle(self, held: float, usd: float) -> None:
        """Give back what was held, and book what was spent; see `Till`."""
        await self._peered(lambda peer: peer.settle(held, usd))

    async def own_run(self) -> None:
        """Keep the run for this process, where another machine could take it up at the same time.

        Raises:
            UserError: another process is at work on the run.
        """
        if self.place.shared:
            await self._peered(lambda peer: peer.own_run())

    def close(self) -> None:
        """Write what is pending, give back what is claimed, and release every connection."""
        if self._peer is not None:
            self._peer.leave()
        super().close()

    async def _peered(self, ask: Callable[[Peer], T]) -> T:
        try:
            return await self._away(lambda: ask(self._entered()))
        except self._dialect.errors as error:  # of the session that keeps its locks
            told = self.place.told(error)
            raise StopRun("store", f"the store cannot be reached: {told}") from error

    def _entered(self) -> Peer:
        """Return this process among the workers; it enters when it is first needed."""
        with self._entering:
            if self._peer is None:
                self._peer = Peer(self.place, self._run)
            return self._peer

    def _run(self, sql: str, values: Any) -> list[Any]:
        return self._read(lambda connection: fetched(connection, sql, values))
