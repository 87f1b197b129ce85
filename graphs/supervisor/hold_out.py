"""Holding out: which seeds give instructions for evaluation only.

Whole seeds are drawn, since all skills, passages and rounds of a seed share its text: what evaluates
has no near copy that trains.
"""

from dataclasses import dataclass
from hashlib import blake2b

from ...agents.records import Seed
from ..services import Services


@dataclass(frozen=True)
class HoldOut:
    """A draw: the seeds whose numbers, made from their ids and the run's seed, do not exceed a bar."""

    key: bytes
    bar: float
    """Between 0 and 1; below 0 nothing is held out."""

    def __contains__(self, seed_id: str) -> bool:
        """Return whether a seed is held out; the same whenever and in whatever order it is asked."""
        return self._number(seed_id) <= self.bar

    def _number(self, seed_id: str) -> float:
        digest = blake2b(seed_id.encode(), digest_size=6, key=self.key).digest()
        return int.from_bytes(digest) / 2**48

    @classmethod
    async def draw(cls, services: Services) -> "HoldOut":
        """Draw the configured share of the seeds: at least one of them, and never all.

        One pass over the seeds, and none of them is kept.
        """
        settings = services.settings
        none = cls(str(settings.seed).encode(), -1.0)
        if not services.cast.evaluation_jury or not settings.evaluation.held_out:
            return none
        low, high, below = 1.0, 0.0, -1.0
        async for seed in services.records.stream("seed", Seed):
            number = none._number(seed.id)
            low = min(low, number)
            below, high = (high, number) if number > high else (max(below, number), high)
        if low >= high:
            return none  # a single seed trains
        return cls(none.key, min(max(settings.evaluation.held_out, low), below))
