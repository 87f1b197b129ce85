"""The ledger among several workers: a call is claimed before it is paid, and the ceiling is everyone's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Engine

from ...agents.models.budget import Budget
from ...agents.models.call import Reply
from .database import fetched
from .ledger import LedgerTable
from .peers import Peer
from .place import Place

T = TypeVar("T")
_FIRST_S, _MOST_S = 0.02, 0.5
"""Seconds between looks at what another worker pays for."""


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
        return await self._away(lambda: ask(self._entered()))

    def _entered(self) -> Peer:
        """Return this process among the workers; it enters when it is first needed."""
        with self._entering:
            if self._peer is None:
                self._peer = Peer(self.place, self._run)
            return self._peer

    def _run(self, sql: str, values: Any) -> list[Any]:
        return self._read(lambda connection: fetched(connection, sql, values))
