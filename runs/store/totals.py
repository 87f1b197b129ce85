"""What a run has paid: sums of its ledger."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Spent:
    """Paid calls with their tokens and cost, those of unusable replies included."""

    calls: int
    """Replies that were paid, whether they could be used or not."""
    unusable: int
    """What was paid and could not be used: replies among the calls, and attempts that gave none."""
    tokens_in: int
    tokens_out: int
    usd: float


@dataclass(frozen=True, slots=True)
class Use:
    """What one model cost under one alias in one role."""

    alias: str
    role: str
    model: str
    """`provider/model`."""
    calls: int
    tokens_in: int
    tokens_out: int
    usd: float
    unusable: int = 0
    """What was paid and could not be used: replies among the calls, and attempts that gave none."""

    def with_lost(self, lost: "Use", *, replies: bool) -> "Use":
        """Return the use with what could not be used: `replies` are calls, failed attempts are none."""
        return replace(
            self,
            calls=self.calls + (lost.calls if replies else 0),
            tokens_in=self.tokens_in + lost.tokens_in,
            tokens_out=self.tokens_out + lost.tokens_out,
            usd=math.fsum((self.usd, lost.usd)),
            unusable=self.unusable + lost.calls,
        )


def _sum(uses: Iterable[Use]) -> Spent:
    uses = list(uses)
    return Spent(
        sum(use.calls for use in uses),
        sum(use.unusable for use in uses),
        sum(use.tokens_in for use in uses),
        sum(use.tokens_out for use in uses),
        math.fsum(use.usd for use in uses),  # the same in any order
    )


@dataclass(frozen=True, slots=True)
class LedgerTotals:
    """Everything paid, by use; the sums are drawn from it."""

    uses: tuple[Use, ...] = ()

    @property
    def calls(self) -> int:
        """Paid calls."""
        return _sum(self.uses).calls

    @property
    def unusable(self) -> int:
        """What was paid and could not be used; its tokens and USD are in the sums."""
        return _sum(self.uses).unusable

    @property
    def tokens_in(self) -> int:
        """Tokens sent."""
        return _sum(self.uses).tokens_in

    @property
    def tokens_out(self) -> int:
        """Tokens received."""
        return _sum(self.uses).tokens_out

    @property
    def usd(self) -> float:
        """Cost in USD."""
        return _sum(self.uses).usd

    def by_role(self) -> dict[str, Spent]:
        """Return the sums per role."""
        by = attrgetter("role")
        return {role: _sum(uses) for role, uses in groupby(sorted(self.uses, key=by), by)}
