"""What a run has paid: sums of its ledger."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Self


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


@dataclass(frozen=True, slots=True)
class Spent:
    """Paid calls with their tokens and cost, those of unusable replies included."""

    calls: int = 0
    """Replies that were paid, whether they could be used or not."""
    unusable: int = 0
    """What was paid and could not be used: replies among the calls, and attempts that gave none."""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0

    @classmethod
    def of(cls, uses: Iterable[Use]) -> Self:
        """Return the sums of some uses, the same in any order."""
        uses = list(uses)
        return cls(
            sum(use.calls for use in uses),
            sum(use.unusable for use in uses),
            sum(use.tokens_in for use in uses),
            sum(use.tokens_out for use in uses),
            math.fsum(use.usd for use in uses),
        )


@dataclass(frozen=True, slots=True)
class LedgerTotals(Spent):
    """Everything paid, in all and by use."""

    uses: tuple[Use, ...] = ()

    @classmethod
    def of(cls, uses: Iterable[Use]) -> Self:
        """Return the sums of all uses, with the uses."""
        uses = tuple(uses)
        return cls(**asdict(Spent.of(uses)), uses=uses)

    def by_role(self) -> dict[str, Spent]:
        """Return the sums per role."""
        by = attrgetter("role")
        return {role: Spent.of(uses) for role, uses in groupby(sorted(self.uses, key=by), by)}
