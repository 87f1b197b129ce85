"""The run's ceiling in USD, with a reserve for the calls that are in flight, and the purse of each call."""

import asyncio
from typing import Protocol

from ..errors import BudgetSpent

LOOK_S = 0.1
"""Seconds between looks at what other workers gave back."""


class Till(Protocol):
    """What several workers spend from together."""

    async def hold(self, usd: float, ceiling: float) -> float | None:
        """Hold money back; return None where that succeeded, and otherwise what all have spent."""
        ...

    async def settle(self, held: float, usd: float) -> None:
        """Give back what was held, and book what was spent."""
        ...


class Budget:
    """Lets a call through only if its dearest outcome still fits under the ceiling.

    Calls in flight hold a reserve (their prompt and `max_tokens` at full price); a call that would
    fit once they settle waits for them, a call that cannot fit any more stops the run. With a till,
    those are the calls of all workers.
    """

    def __init__(
        self, ceiling: float | None, spent: float = 0.0, *, till: Till | None = None
    ) -> None:
        self.ceiling = ceiling
        self.spent = spent
        self._till = till
        self._reserved = 0.0
        self._settled = asyncio.Condition()

    async def move(self, ceiling: float) -> None:
        """Set another ceiling; calls that wait for room look again."""
        async with self._settled:
            self.ceiling = ceiling
            self._settled.notify_all()

    async def reserve(self, usd: float) -> None:
        """Set `usd` aside for one call, waiting for others to settle where that can make room.

        Raises:
            BudgetSpent: the call does not fit under the ceiling even when nothing else is in flight.
        """
        if usd <= 0:
            return
        async with self._settled:
            while (
                ceiling := self.ceiling
            ) is not None and self.spent + self._reserved + usd > ceiling:
                if self.spent + usd > ceiling:
                    raise BudgetSpent(self._message(usd))
                await self._settled.wait()
            self._reserved += usd
        if ceiling is not None:
            await self._hold(usd, ceiling)

    async def _hold(self, usd: float, ceiling: float) -> None:
        """Hold it back among all workers; what this one set aside already is given back on failure."""
        held = False
        try:
            while self._till and (spent := await self._till.hold(usd, ceiling)) is not None:
                if spent + usd > ceiling:
                    self.spent = max(self.spent, spent)
                    raise BudgetSpent(self._message(usd))
                await asyncio.sleep(LOOK_S)
            held = True
        finally:
            if not held:
                await self._release(usd)

    async def settle(self, reserved: float, usd: float) -> None:
        """Give a reserve back and book what the call really cost (0 where nobody knows)."""
        self.spent += usd
        if self._till and (reserved or usd):
            await self._till.settle(reserved, usd)
        await self._release(reserved)

    async def _release(self, reserved: float) -> None:
        self._reserved = max(0.0, self._reserved - reserved)
        if reserved > 0:
            async with self._settled:
                self._settled.notify_all()

    def _message(self, usd: float) -> str:
        return (
            f"budget.usd is {self.ceiling:g}: {self.spent:.4f} USD are spent and the next call may "
            f"cost {usd:.4f}; raise it and resume: --set budget.usd=<more>"
        )


class Purse:
    """The money of one call: filled before an attempt, emptied by what an attempt cost."""

    def __init__(self, budget: Budget, dearest: float) -> None:
        """Start empty; `dearest` is what one attempt costs at most, in USD."""
        self._budget = budget
        self._dearest = dearest
        self._filled = False

    async def fill(self) -> None:
        """Hold the price of one attempt back, unless it is held already.

        Raises:
            BudgetSpent: it does not fit under the ceiling.
        """
        if not self._filled:
            await self._budget.reserve(self._dearest)
            self._filled = True

    async def spend(self, usd: float) -> None:
        """Book what an attempt cost (0: nobody knows, or nothing) and give the rest back."""
        held, self._filled = (self._dearest if self._filled else 0.0), False
        await self._budget.settle(held, usd)
