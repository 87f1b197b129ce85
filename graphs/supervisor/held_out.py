"""Held out: the instructions that evaluate, drawn once per run, and the seeds that give them.

Whole seeds are drawn, since all skills, passages and rounds of a seed share its text: what evaluates
has no near copy that trains.
"""

import heapq
from dataclasses import dataclass
from hashlib import blake2b

from ...agents.records import make_id
from .. import kinds
from ..services import Services
from .decisions import HeldOut


@dataclass(frozen=True)
class HeldOutSeeds:
    """A draw: the seeds whose numbers, made from their ids and the run's seed, do not exceed a bar."""

    key: bytes
    bar: float
    """Between 0 and 1; below 0 nothing is held out."""

    def __contains__(self, seed_id: str) -> bool:
        """Return whether a seed is held out; the same whenever and in whatever order it is asked."""
        return _number(self.key, seed_id) <= self.bar

    @classmethod
    async def draw(cls, services: Services) -> "HeldOutSeeds":
        """Draw the configured share of the seeds: at least one of them, and never all.

        One pass over the seeds, and none of them is kept.
        """
        settings = services.settings
        none = cls(str(settings.seed).encode(), -1.0)
        if not services.cast.evaluation_jury or not settings.evaluation.held_out:
            return none
        low, high, below = 1.0, 0.0, -1.0
        async for seed in services.records.stream(kinds.SEED):
            number = _number(none.key, seed.id)
            low = min(low, number)
            below, high = (high, number) if number > high else (max(below, number), high)
        if low >= high:
            return none  # a single seed trains
        return cls(none.key, min(max(settings.evaluation.held_out, low), below))


def _number(key: bytes, id: str) -> float:
    return int.from_bytes(blake2b(id.encode(), digest_size=6, key=key).digest()) / 2**48


async def drawn(services: Services) -> HeldOut | None:
    """Return the run's held-out set; None before it is drawn."""
    async for found in services.records.stream(kinds.HELD_OUT):
        return found
    return None


async def draw(services: Services, number: int) -> HeldOut | None:
    """Return the run's held-out set, drawn from this round's instructions where there is none yet.

    None where no instruction of a held-out seed has passed the gate so far: the next round tries again.
    """
    if (found := await drawn(services)) is not None:
        return found
    seeds = await HeldOutSeeds.draw(services)
    size = services.settings.evaluation.instructions
    least: list[tuple[float, str]] = []
    """The ids with the smallest numbers, as a heap of their negatives."""
    async for instruction in services.records.stream(kinds.INSTRUCTION, number):
        if instruction.seed_id in seeds:
            entry = (-_number(seeds.key, instruction.id), instruction.id)
            (heapq.heappush if len(least) < size else heapq.heappushpop)(least, entry)
    if not least:
        return None
    ids = tuple(sorted(id for _, id in least))
    found = HeldOut(id=make_id("held_out", number), parents=ids, round=number, instructions=ids)
    await services.records.replace(kinds.HELD_OUT, number, [found])
    return found
