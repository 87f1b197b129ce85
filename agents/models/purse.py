"""What one call may cost: held back from the budget for as long as an attempt may need it."""

from .budget import Budget


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
