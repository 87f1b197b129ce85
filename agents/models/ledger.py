"""What the door needs of a ledger: look a paid reply up, and write one down before it is used."""

from typing import Protocol

from .call import Call, Reply


class Ledger(Protocol):
    """Paid replies by the key of their call; `runs.store.Store` is the one that lasts."""

    def recall(self, key: str) -> Reply | None:
        """Return the reply that was paid under this key; sees every `remember` that returned."""
        ...

    async def remember(self, key: str, call: Call, reply: Reply) -> None:
        """Write a paid reply; returns once it is committed. A key already there keeps its first."""
        ...
