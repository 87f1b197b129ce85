"""What the door needs of a ledger: look a paid reply up, write one down before it is used, count the rest."""

from typing import Protocol

from .call import Call, Reply, Usage


class Ledger(Protocol):
    """Paid replies by the key of their call; `runs.store.Store` is the one that lasts."""

    def recall(self, key: str) -> Reply | None:
        """Return the reply that was paid under this key; sees every `remember` that returned."""
        ...

    async def remember(self, key: str, call: Call, reply: Reply) -> None:
        """Write a paid reply; returns once it is committed. A key already there keeps its first."""
        ...

    async def write_off(self, key: str, call: Call, usage: Usage) -> None:
        """Write down what an unusable reply cost; it counts in the totals and is never recalled."""
        ...

    async def strike(self, key: str) -> None:
        """Take a paid reply out of what is recalled; it stays in the totals, as one that was unusable."""
        ...
