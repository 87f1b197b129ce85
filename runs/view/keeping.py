"""Keeping the tables of the runs that are looked at up with their stores, in the background."""

import asyncio
import sqlite3
import time

from .indexing import Behind, catch_up
from .source import Source

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
            except sqlite3.Error as error:  # a run that is being removed, a full disk
                self.errors[run] = str(error)
                await asyncio.sleep(EVERY_S)
                continue
            self._behind[run] = behind
            if behind.done >= behind.total:
                news.set()
                await asyncio.sleep(EVERY_S)
