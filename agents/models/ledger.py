"""What the door needs of a ledger: look paid replies up, write them down before use, keep what failed.

A fork has a past: what its parent run had asked before the event that it was forked at. A call is first
looked for as the parent made it, with its model and its prompt of then. Where the parent had its answer
before the event, that answer is served; every other call is made as the fork says.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from ..fence import harmless
from .call import Attempt, Call, Reply
from .request import Request, request


class Ledger(Protocol):
    """Paid replies by the key of their request; `runs.store.Store` is the one that lasts."""

    async def recall(self, key: str) -> Reply | None:
        """Return the reply that was paid under this key; sees every `remember` that returned."""
        ...

    def claimed(self, key: str) -> AbstractAsyncContextManager[Reply | None]:
        """Keep a call for this worker while it pays; yields the reply where another one paid it."""
        ...

    async def remember(self, key: str, request: Request, reply: Reply) -> None:
        """Write a paid reply; returns once it is committed. A key already there keeps its first."""
        ...

    async def fail(self, key: str, request: Request, attempt: Attempt) -> None:
        """Write down an attempt that failed; what it cost counts in the totals."""
        ...

    async def attempts(self, key: str) -> tuple[Attempt, ...]:
        """Return what failed under this key, in order."""
        ...

    async def nearest(self, request: Request) -> Request | None:
        """Return the recorded request that one was most likely meant to be; None where none is like it."""
        ...

    async def strike(self, key: str) -> None:
        """Take a paid reply out of what is recalled; it stays in the totals, as one that was unusable."""
        ...

    async def struck(self, key: str) -> Reply | None:
        """Return the last reply under this key that was struck out: what a repeated run meets again."""
        ...


class Served(Protocol):
    """What tells of paid replies in the order in which they were written."""

    async def written(self, key: str) -> int:
        """Return the number of the reply paid under a key; 0 where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Then:
    """A model as the parent run asked it."""

    model: str
    version: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Past:
    """What came before the fork."""

    models: Mapping[str, Then]
    last: int
    """Replies up to this number were there before the event."""
    ledger: Served

    async def asked(self, call: Call, message: str) -> tuple[Call, Request] | None:
        """Return a call as the parent made it, if its answer was there before; else None."""
        if (then := self.models.get(call.alias)) is None:
            return None
        old = call
        if call.instead is not None and call.turns is call.instead.of:
            old = replace(call, turns=call.instead.turns, prompt=call.instead.prompt)
        old = harmless(old)
        told = request(old, then.model, then.params, version=then.version, message=message)
        return (old, told) if 0 < await self.ledger.written(told.key()) <= self.last else None
