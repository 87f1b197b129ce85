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
    clusters: Mapping[str, int],
    count: int,
    seed: int,
    *,
    first: Sequence[str] = (),
    salt: str = "",
    telling: Mapping[str, float] | None = None,
    most: int | None = None,
) -> list[str]:
    """Return up to `count` ids, as evenly over the clusters as their sizes allow.

    Args:
        clusters: The cluster of each id.
        count: How many are wanted.
        seed: Decides among equals.
        first: Taken before all others; they count for their clusters.
        salt: Another one, another draw.
        telling: How far models differ on a prompt, where it is known: the most telling come first.
        most: How many of one cluster at most.
    """
    waiting: dict[int, list[str]] = {}
    order = shuffled(clusters.keys() - set(first), seed, salt)
    if telling:
        order.sort(key=lambda id: -telling.get(id, -1.0))
    for id in reversed(order):
        waiting.setdefault(clusters[id], []).append(id)
    taken = list(first)
    number = {cluster: 0 for cluster in waiting}
    for id in first:
        number[clusters[id]] = number.get(clusters[id], 0) + 1
    for level in range(1, (most or len(clusters)) + 1):
        for cluster in sorted(waiting):
            if len(taken) >= count:
                return taken
            if waiting[cluster] and number[cluster] < level:
                number[cluster] += 1
                taken.append(waiting[cluster].pop())
    return taken


def diverse(
    prompts: Sequence[Prompt],
    clusters: Mapping[str, int],
    count: int,
    seed: int,
    *,
    telling: Mapping[str, float] | None = None,
    most: int | None = None,
) -> list[str]:
    """Return `count` ids spread over the clusters, with at least one of every category.

    Raises:
        UserError: there are more categories than prompts asked for.
    """
    if not count:
        return []
    refuse_too_few(prompts, count)
    kept = _one_of_each(prompts, clusters, seed, telling or {})
    return spread(clusters, count, seed, first=kept, salt="diverse", telling=telling, most=most)


def refuse_too_few(prompts: Sequence[Prompt], count: int) -> None:
    """Refuse a diverse part that cannot keep every category.

    Raises:
        UserError: there are more categories than prompts asked for.
    """
    categories = len({prompt.category for prompt in prompts if prompt.category})
    if 0 < count < categories:
        raise UserError(
            f"--diverse {count} cannot keep all {categories} categories: ask for at least {categories}, "
            "or name a coarser column with --category-column"
        )


def _one_of_each(
    prompts: Sequence[Prompt], clusters: Mapping[str, int], seed: int, telling: Mapping[str, float]
) -> list[str]:
    """Return one id a category, each from a cluster of its own as far as that can be."""
    members: dict[str, list[str]] = {}
    for prompt in prompts:
        if prompt.category:
            members.setdefault(prompt.category, []).append(prompt.id)
    for category, ids in members.items():
        drawn = shuffled(ids, seed, "diverse")
        members[category] = sorted(drawn, key=lambda id: -telling.get(id, -1.0))
    owner: dict[int, str] = {}
    chosen: dict[str, str] = {}

    def place(category: str, tried: set[int]) -> bool:
        """Find a cluster for a category; whoever holds it may move on to another one (Kuhn 1955)."""
        for id in members[category]:
            cluster = clusters[id]
            if cluster in tried:
                continue
            tried.add(cluster)
            if cluster not in owner or place(owner[cluster], tried):
                owner[cluster], chosen[category] = category, id
                return True
        return False

    for category in sorted(members):
        if not place(category, set()):
            chosen[category] = members[category][0]
    return [chosen[category] for category in sorted(members)]


def hardest(levels: Mapping[str, float], count: int, seed: int) -> list[str]:
    """Return the ids of the highest levels; equal ones are drawn by the seed."""
    order = {id: place for place, id in enumerate(shuffled(levels, seed, "hard"))}
    return sorted(levels, key=lambda id: (-levels[id], order[id]))[:count]
