"""The generation policy: how often each leaf is asked and how complex it is asked for, versioned.

The feedback writes it, the next round's plan reads it; every change carries its reason in numbers.
"""

from collections.abc import Iterable
from math import fsum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .refinement import Refinement
from .skill import Skill

Field = Literal["weight", "complexity"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LeafPolicy(_Frozen):
    """What the policy says of one leaf."""

    weight: float = 1.0
    """How often it is asked, against the other leaves of its skill; 1 is the start."""
    complexity: int = 2
    """Level asked for, 1 to 5."""
    pinned: tuple[Field, ...] = ()
    """What the user holds as it is: no feedback changes it."""


class PolicyChange(_Frozen):
    """One change of the policy, with the numbers that made it."""

    round: int
    skill: str
    leaf: str
    field: str
    """`weight` or `complexity`."""
    old: float
    new: float
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
        """Return the policy before any feedback: the weights of the skills' files, with a mean of 1."""
        leaves: dict[str, LeafPolicy] = {}
        for skill in skills:
            mean = fsum(leaf.weight for leaf in skill.leaves) / len(skill.leaves)
            if any(leaf.weight != mean for leaf in skill.leaves):
                leaves |= {
                    f"{skill.name}/{leaf.name}": LeafPolicy(weight=round(leaf.weight / mean, 4))
                    for leaf in skill.leaves
                }
        return cls(leaves=leaves)

    def of(self, skill: str, leaf: str) -> LeafPolicy:
        """Return what the policy says of a leaf."""
        return self.leaves.get(f"{skill}/{leaf}", LeafPolicy())

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
