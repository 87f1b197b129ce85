"""Drawing prompts: evenly over clusters, with every category kept, and the hardest of those rated."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from ...agents.errors import UserError
from .prompt import Prompt


def shuffled(ids: Iterable[str], seed: int, salt: str = "") -> list[str]:
    """Return ids in an order that depends on the seed alone, not on how they came."""
    return sorted(ids, key=lambda id: (_digest(id, seed, salt), id))


def _digest(id: str, seed: int, salt: str) -> bytes:
    return blake2b(f"{seed}\x1f{salt}\x1f{id}".encode("utf-8", "replace"), digest_size=8).digest()


def spread(
    clusters: Mapping[str, int], count: int, seed: int, *, first: Sequence[str] = (), salt: str = ""
) -> list[str]:
    """Return up to `count` ids, as evenly over the clusters as their sizes allow.

    Those in `first` are taken before all others and count for their clusters.
    """
    waiting: dict[int, list[str]] = {}
    for id in reversed(shuffled(clusters.keys() - set(first), seed, salt)):
        waiting.setdefault(clusters[id], []).append(id)
    taken = list(first)
    number = {cluster: 0 for cluster in waiting}
    for id in first:
        number[clusters[id]] = number.get(clusters[id], 0) + 1
    for level in range(1, len(clusters) + 1):
        for cluster in sorted(waiting):
            if len(taken) >= count:
                return taken
            if waiting[cluster] and number[cluster] < level:
                number[cluster] += 1
                taken.append(waiting[cluster].pop())
    return taken


def diverse(
    prompts: Sequence[Prompt], clusters: Mapping[str, int], count: int, seed: int
) -> list[str]:
    """Return `count` ids spread over the clusters, with at least one of every category.

    Raises:
        UserError: there are more categories than prompts asked for.
    """
    if not count:
        return []
    kept = _one_of_each(prompts, clusters, seed)
    if len(kept) > count:
        raise UserError(
            f"--diverse {count} cannot keep all {len(kept)} categories: ask for at least {len(kept)}, "
            "or name a coarser column with --category-column"
        )
    return spread(clusters, count, seed, first=kept, salt="diverse")


def _one_of_each(prompts: Sequence[Prompt], clusters: Mapping[str, int], seed: int) -> list[str]:
    """Return one id a category, from a cluster that has none yet where there is one."""
    members: dict[str, list[str]] = {}
    for prompt in prompts:
        if prompt.category:
            members.setdefault(prompt.category, []).append(prompt.id)
    kept: list[str] = []
    used: set[int] = set()
    for category in sorted(members):
        ids = shuffled(members[category], seed, "diverse")
        id = next((id for id in ids if clusters[id] not in used), ids[0])
        kept.append(id)
        used.add(clusters[id])
    return kept


def hardest(levels: Mapping[str, float], count: int, seed: int) -> list[str]:
    """Return the ids of the highest levels; equal ones are drawn by the seed."""
    order = {id: place for place, id in enumerate(shuffled(levels, seed, "hard"))}
    return sorted(levels, key=lambda id: (-levels[id], order[id]))[:count]
