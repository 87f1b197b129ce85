"""The generation policy: how often each leaf is drawn and how complex it is asked for, versioned.

The feedback writes it, the next round's plan reads it; every change carries its reason in numbers.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from .refinement import Refinement
from .skill import Leaf, Skill, Transformation

T = TypeVar("T")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LeafPolicy(_Frozen):
    """What the policy says of one leaf."""

    weight: float = 1.0
    """Relative chance of being drawn, within its skill; 1 is the start."""
    complexity: int = 2
    """Level asked for, 1 to 5."""


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
    won: int
    tied: int
    lost: int
    """The target's decided battles of this round in this leaf."""


class Policy(_Frozen):
    """Weights and complexity per leaf, by `skill/leaf`; a leaf that is not listed is at its start."""

    version: int = 1
    leaves: dict[str, LeafPolicy] = {}
    refinement: Refinement = Refinement()
    """Which way each leaf is to move, and which operators do it."""

    @classmethod
    def start(cls, skills: Iterable[Skill]) -> "Policy":
        """Return the policy before any feedback: the weights that the skills' files give."""
        weights = {f"{skill.name}/{x.name}": x.weight for skill in skills for x in skill.leaves}
        return cls(leaves={k: LeafPolicy(weight=w) for k, w in weights.items() if w != 1.0})

    def of(self, skill: str, leaf: str) -> LeafPolicy:
        """Return what the policy says of a leaf."""
        return self.leaves.get(f"{skill}/{leaf}", LeafPolicy())


def draw_transformations(
    policy: Policy, skill: Skill, count: int, random: Random
) -> list[Transformation]:
    """Draw distinct transformations, each as likely as the mean weight of the leaves it admits."""
    left = [way for way in skill.transformations if skill.admissible(way)]
    drawn: list[Transformation] = []
    while left and len(drawn) < count:
        weights = [_mean_weight(policy, skill, t) for t in left]
        drawn.append(_draw(left, weights, random))
        left.remove(drawn[-1])
    return drawn


def draw_leaves(
    policy: Policy, skill: Skill, leaves: Sequence[Leaf], *, count: int, random: Random
) -> list[Leaf]:
    """Draw leaves by weight, without repeating one while there are others left."""
    drawn: list[Leaf] = []
    left: list[Leaf] = []
    while len(drawn) < count:
        left = left or list(leaves)
        weights = [policy.of(skill.name, leaf.name).weight for leaf in left]
        drawn.append(_draw(left, weights, random))
        left.remove(drawn[-1])
    return drawn


def _draw(items: Sequence[T], weights: Sequence[float], random: Random) -> T:
    """Draw one by weight; where only weightless ones are left, each is as likely."""
    return random.choices(items, weights if any(weights) else None)[0]


def _mean_weight(policy: Policy, skill: Skill, transformation: Transformation) -> float:
    leaves = skill.admissible(transformation)
    return sum(policy.of(skill.name, leaf.name).weight for leaf in leaves) / len(leaves)
