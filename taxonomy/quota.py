"""Quotas: over a round, each leaf is asked as often as the policy says, whatever a single seed has room for.

Drawn seed by seed, a leaf that few transformations admit would be asked far less than its weight says. So
seats are handed out in the order of the seeds, each to the leaf that is furthest behind its share.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from random import Random

from .policy import Policy
from .skill import Leaf, Skill, Transformation

_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Seat:
    """One passage to make of a seed, and the leaves whose writers are asked about it."""

    transformation: str
    leaves: tuple[str, ...]
    """One a call, in order."""


class Quota:
    """The seats of one skill in one round; the same seeds in the same order get the same ones."""

    def __init__(self, policy: Policy, skill: Skill, seed: str, round: int) -> None:
        """Start a round; `seed` decides who comes first among those equally far behind."""
        self._shares = policy.shares(skill)
        self._ways = {t.name: skill.admissible(t) for t in skill.transformations}
        self._ways = {name: leaves for name, leaves in self._ways.items() if leaves}

        def start(name: str) -> float:
            # Who came late in one round comes early in the next: a small round has no seat for all.
            return (Random(f"{seed}/{name}").random() + round * _GOLDEN) % 1

        self._leaves = {name: -start(f"leaf/{name}") for name in self._shares}
        self._used = {name: start(f"way/{name}") for name in self._ways}
        self._seats = 0

    def of_seed(
        self,
        passages: int,
        instructions: int,
        per_leaf: int,
        route: Mapping[str, tuple[Leaf, ...]] | None = None,
    ) -> tuple[Seat, ...]:
        """Return the next seed's seats: distinct transformations, the calls shared out over them.

        A `route` says which transformations and leaves the seed is fit for; None: all.
        """
        calls = ceil(instructions / per_leaf)
        seats: list[Seat] = []
        left = dict(self._ways if route is None else route)
        most = min(passages, len(left))
        for place in range(most):
            count = len(range(place, calls, most))
            name, leaves = self._passage(left, count)
            seats.append(Seat(name, leaves))
            del left[name]
        return tuple(seats)

    def _passage(
        self, ways: dict[str, tuple[Leaf, ...]], count: int
    ) -> tuple[str, tuple[str, ...]]:
        """Take the least used of the transformations that admit the leaf furthest behind."""
        admitted = {leaf.name for leaves in ways.values() for leaf in leaves}
        first = self._behind(admitted)
        fitting = [
            w for w, leaves in ways.items() if not count or first in {x.name for x in leaves}
        ]
        name = min(fitting, key=lambda way: (self._used[way], way))
        self._used[name] += 1
        asked: list[str] = []
        mine = [leaf.name for leaf in ways[name]]
        while len(asked) < count:
            # No leaf twice while there are others.
            lap = asked[len(asked) // len(mine) * len(mine) :]
            asked.append(self._behind(set(mine) - set(lap)))
            self._seats += 1
            self._leaves[asked[-1]] += 1
        return name, tuple(asked)

    def _behind(self, names: Iterable[str]) -> str:
        """Return the leaf that lacks most of its share, once the next seat is given."""
        due = self._seats + 1
        return min(names, key=lambda name: (self._leaves[name] - due * self._shares[name], name))


def reseated(seats: Iterable[Seat], skill: Skill, made: Iterable[str]) -> dict[str, list[str]]:
    """Return the leaves to ask about each passage that was made.

    Those of a passage that could not be made go to the others that admit them and do not ask them yet.
    """
    ways: dict[str, Transformation] = {t.name: t for t in skill.transformations}
    asked: dict[str, list[str]] = {name: [] for name in made}
    orphans: list[str] = []
    for seat in seats:
        asked.get(seat.transformation, orphans).extend(seat.leaves)
    for leaf in orphans:
        homes = [
            name
            for name, leaves in asked.items()
            if leaf not in leaves and leaf in {x.name for x in skill.admissible(ways[name])}
        ]
        if homes:
            asked[min(homes, key=lambda name: len(asked[name]))].append(leaf)
    return asked
