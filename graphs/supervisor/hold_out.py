"""Holding out: which seeds give instructions for evaluation only.

Whole seeds are drawn, since all skills, passages and rounds of a seed share its text: what evaluates
has no near copy that trains. A fixed number is drawn and not each seed by chance, so that a few
documents are enough for an evaluation.
"""

from hashlib import blake2b

from ...agents.records import Seed
from ..services import Services


def hold_count(seeds: int, share: float) -> int:
    """Return how many seeds are held out: the share, but at least one where another is left to train."""
    if seeds < 2 or not share:
        return 0
    return max(1, round(share * seeds))


async def held_out(services: Services) -> frozenset[str]:
    """Return the ids of the seeds held out: those whose hashes with the run's seed come first.

    The same in every round and on every resume, in whatever order the seeds were read.
    """
    settings = services.settings
    if not services.cast.evaluation_jury or not settings.evaluation.held_out:
        return frozenset()
    key = str(settings.seed).encode()
    ranked = sorted(
        [
            (blake2b(seed.id.encode(), digest_size=8, key=key).digest(), seed.id)
            async for seed in services.records.stream("seed", Seed)
        ]
    )
    count = hold_count(len(ranked), settings.evaluation.held_out)
    return frozenset(id for _, id in ranked[:count])
