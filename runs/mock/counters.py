"""What the mock server counted: who asked what, how often, and what came of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Counters:
    """Counts since the start or the last reset."""

    def __init__(self) -> None:
        self.attempts: Counter[str] = Counter()
        """By request: how often it came."""
        self.paid: Counter[str] = Counter()
        """By request: how often it was answered in full."""
        self.statuses: Counter[str] = Counter()
        """By HTTP status, or the fault's name where there was none."""
        self.tokens_in = 0
        self.tokens_out = 0
        self.in_flight = 0
        self.in_flight_peak = 0

    @contextmanager
    def flight(self) -> Iterator[None]:
        """Count a request as in flight."""
        self.in_flight += 1
        self.in_flight_peak = max(self.in_flight_peak, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1

    def pay(self, digest: str, tokens_in: int, tokens_out: int) -> None:
        """Count a request that was answered in full."""
        self.paid[digest] += 1
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out

    def report(self) -> dict[str, Any]:
        """Return the counts as `/stats` shows them.

        `duplicates` are answers in full to a body that had been answered in full before.
        """
        return {
            "requests": self.attempts.total(),
            "distinct": len(self.attempts),
            "paid": self.paid.total(),
            "duplicates": self.paid.total() - len(self.paid),
            "statuses": dict(sorted(self.statuses.items())),
            "in_flight": self.in_flight,
            "in_flight_peak": self.in_flight_peak,
            "tokens": {"in": self.tokens_in, "out": self.tokens_out},
        }
