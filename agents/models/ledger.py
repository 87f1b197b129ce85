"""What the door needs of a ledger: look paid replies up, write them down before use, keep what failed."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from .call import Attempt, Reply
from .request import Request


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
