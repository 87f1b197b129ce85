"""Counts of what went through the door, for the live view and the result."""

from collections import Counter
from dataclasses import dataclass, field

from .call import Reply, Usage


@dataclass(slots=True)
class Tally:
    """Calls since this process started, and their tokens and USD."""

    paid: Counter[str] = field(default_factory=Counter)
    """By alias: answered by a provider."""
    served: Counter[str] = field(default_factory=Counter)
    """By alias: answered from the ledger, or shared with an identical call in flight."""
    failed: Counter[str] = field(default_factory=Counter)
    """By alias: given up after retries."""
    attempts_failed: Counter[str] = field(default_factory=Counter)
    """By alias: attempts that gave no reply to use, tried again or not."""
    tokens_in: int = 0
    """Of all replies, the unusable ones too where the endpoint counted them."""
    tokens_out: int = 0
    usd: float = 0.0

    def spend(self, used: Reply | Usage) -> None:
        """Add the tokens and the price of a reply."""
        self.tokens_in += used.tokens_in
        self.tokens_out += used.tokens_out
        self.usd += used.usd

    def calls(self) -> dict[str, int]:
        """Return the totals as `{"paid", "served", "failed", "attempts_failed"}`."""
        return {
            "paid": self.paid.total(),
            "served": self.served.total(),
            "failed": self.failed.total(),
            "attempts_failed": self.attempts_failed.total(),
        }
