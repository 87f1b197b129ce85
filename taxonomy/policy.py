"""The generation policy: how often each leaf is asked and how complex it is asked for, versioned.

The feedback writes it, the next round's plan reads it; every change carries its reason in numbers.
"""

from collections.abc import Iterable, Sequence
from math import fsum
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .refinement import Refinement
from .skill import HIGHEST, Skill

Field = Literal["weight", "complexity"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LeafPolicy(_Frozen):
    """What the policy says of one leaf."""

    weight: float = 1.0
    """How often it is asked, against the other leaves of its skill; 1 is the start."""
    complexity: int = 2
    """Level asked for, 1 to 5, where there is one."""
    levels: tuple[float, ...] = ()
    """Shares of levels 1 to 5 where they scatter; empty where there is one."""
    pinned: tuple[Field, ...] = ()
    """What the user holds as it is: no feedback changes it."""

    @property
    def level(self) -> float:
        """The level asked for; where levels scatter, their mean."""
        if not self.levels:
            return self.complexity
        return round(fsum(level * share for level, share in enumerate(self.levels, 1)), 2)


class PolicyChange(_Frozen):
    """One change of the policy, with the numbers that made it."""

    round: int
    skill: str
    leaf: str
    field: str
    """`weight` or `complexity`; where levels scatter, of that their mean."""
    old: float
    new: float
    levels: tuple[float, ...] = ()
    """The new shares of levels 1 to 5, where it is they that change."""
    reason: str
    won: int = 0
    tied: int = 0
    lost: int = 0
    """The target's decided battles of this round in this leaf."""


class Policy(_Frozen):
    """Weights and complexity per leaf, by `skill/leaf`; a leaf that is not listed is at its start."""

    version: int = 1
    leaves: dict[str, LeafPolicy] = {}
    refinement: Refinement = Refinement()
    """Which way each leaf is to move, and which operators do it."""

    @classmethod
    def start(cls, skills: Iterable[Skill]) -> "Policy":
        """Return the policy before any feedback: the files' weights, with a mean of 1, and their levels."""
        leaves: dict[str, LeafPolicy] = {}
        for skill in skills:
            mean = fsum(leaf.weight for leaf in skill.leaves) / len(skill.leaves)
            if skill.levels or any(leaf.weight != mean for leaf in skill.leaves):
                leaves |= {
                    f"{skill.name}/{leaf.name}": LeafPolicy(
                        weight=round(leaf.weight / mean, 4), levels=shares_of(skill)
                    )
                    for leaf in skill.leaves
                }
        return cls(leaves=leaves)

    def of(self, skill: str, leaf: str) -> LeafPolicy:
        """Return what the policy says of a leaf."""
        return self.leaves.get(f"{skill}/{leaf}", LeafPolicy())

    def levels(self, skill: Skill, leaf: str) -> tuple[float, ...]:
        """Return the shares of levels 1 to 5 that a leaf is asked at; they sum to 1."""
        own = self.of(skill.name, leaf)
        return own.levels or shares_of(skill) or only(own.complexity)

    def holds(self, change: PolicyChange) -> bool:
        """Return whether the user pinned what a change would change."""
        return change.field in self.of(change.skill, change.leaf).pinned

    def shares(self, skill: Skill) -> dict[str, float]:
        """Return the share of a skill's instructions that each leaf in force is to have; they sum to 1."""
        weights = {leaf.name: self.of(skill.name, leaf.name).weight for leaf in skill.in_force}
        total = fsum(weights.values())
        return {
            name: weight / total if total else 1 / len(weights) for name, weight in weights.items()
        }


def shares_of(skill: Skill) -> tuple[float, ...]:
    """Return a skill's own shares of levels 1 to 5; empty where its levels do not scatter."""
    if not skill.levels:
        return ()
    missing = (HIGHEST - len(skill.levels)) * (0.0,)
    return tuple(share / fsum(skill.levels) for share in skill.levels + missing)


def only(level: int) -> tuple[float, ...]:
    """Return the shares of levels 1 to 5 of what is asked at one."""
    return tuple(float(one == level) for one in range(1, HIGHEST + 1))


def draw_level(shares: Sequence[float], random: Random) -> int:
    """Return a level by the shares of levels 1 to 5; where there is one only, nothing is drawn."""
    levels = [level for level, share in enumerate(shares, 1) if share]
    return levels[0] if len(levels) == 1 else random.choices(range(1, HIGHEST + 1), shares)[0]
