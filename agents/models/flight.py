"""Calls in flight: what is asked for again meanwhile is not done again; and the gate that they leave by."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import Interrupted, StopRun

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    """Work under way, and how many wait for it."""

    task: asyncio.Task[T]
    waiting: int = 0


class Flights(Generic[T]):
    """Does the work of a key once for all who ask while it is under way.

    The work is a task of its own: who asked first may leave without taking the others along. It is
    cancelled when nobody waits for it any more.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, _Flight[T]] = {}

    def boarded(self, key: str) -> bool:
        """Return whether the work of a key is under way."""
        return key in self._under_way

    async def share(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the outcome of the work of a key, which begins unless it is under way.

        Raises:
            Whatever the work raises, to everyone who waits.
        """
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = _Flight(asyncio.create_task(work()))
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            if flight.waiting == 1:
                await self._abandon(key, flight)
            raise
        finally:
            flight.waiting -= 1

    async def _abandon(self, key: str, flight: _Flight[T]) -> None:
        """Cancel work that nobody waits for; returns once it has given back what it held."""
        self._forget(key, flight)  # who asks from now on must not share its end
        flight.task.cancel()
        await asyncio.wait([flight.task])

    def _forget(self, key: str, flight: _Flight[T]) -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]


class Gate:
    """Lets requests leave, or holds them back; what is under way lands all the same."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._why: StopRun | None = None
        self._held_s = 0.0
        self._since = 0.0

    @property
    def paused(self) -> bool:
        """Whether requests wait until `go`."""
        return not self._open.is_set()

    @property
    def held_s(self) -> float:
        """Seconds that requests were held back for, so far."""
        return self._held_s + (time.monotonic() - self._since if self.paused else 0.0)

    @property
    def closed(self) -> bool:
        """Whether no request leaves any more."""
        return self._why is not None

    def pause(self) -> None:
        """Hold requests back until `go`; the ledger still answers."""
        if self._why is None and not self.paused:
            self._since = time.monotonic()
            self._open.clear()

    def go(self) -> None:
        """Let requests leave again."""
        self._held_s = self.held_s
        self._open.set()

    def close(self, why: StopRun | None = None) -> None:
        """Let no request leave any more: whoever asks gets the error, which stops the run cleanly."""
        self._why = self._why or why or Interrupted()
        self.go()

    async def passed(self) -> None:
        """Return once a request may leave.

        Raises:
            StopRun: none may any more.
        """
        await self._open.wait()
        if self._why is not None:
            raise self._why
