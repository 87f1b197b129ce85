"""Counts of what went through the door, for the live view and the result."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Calls since this process started, and their tokens and USD."""

    paid: Counter[str] = field(default_factory=Counter)
    """By alias: answered by a provider."""
    served: Counter[str] = field(default_factory=Counter)
    """By alias: answered from the ledger, or shared with an identical call in flight."""
    failed: Counter[str] = field(default_factory=Counter)
    """By alias: given up after retries."""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0

    def calls(self) -> dict[str, int]:
        """Return the totals as `{"paid", "served", "failed"}`."""
        return {
            "paid": self.paid.total(),
            "served": self.served.total(),
            "failed": self.failed.total(),
        }
