"""Feedback: what was lost steers the next round. Policy v1, pure: statistics in, policy out.

Diversity: a leaf's weight follows the target's loss rate in it, over a floor that keeps every leaf
covered. Complexity is graded in `grading.py`. Every change carries its numbers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp
from statistics import mean
from typing import Literal

from ...taxonomy.policy import LeafPolicy, Policy, PolicyChange
from ...taxonomy.skill import Skill
from ..settings import FeedbackSettings

HIGHEST = 5
"""Most complex level."""
CAP = 8.0
"""Largest weight of a leaf: even a leaf that is always lost does not crowd the others out."""


@dataclass(frozen=True, slots=True)
class LeafRecord:
    """The target's decided battles in one leaf in one round."""

    won: int = 0
    tied: int = 0
    lost: int = 0

    @property
    def battles(self) -> int:
        """All of them."""
        return self.won + self.tied + self.lost

    @property
    def loss_rate(self) -> float:
        """Share lost, a tie counting half."""
        return (self.lost + self.tied / 2) / self.battles

    @property
    def win_rate(self) -> float:
        """Share won, a tie counting half."""
        return (self.won + self.tied / 2) / self.battles

    def shrunk(self, rate: float, battles: float) -> float:
        """Return the share lost once `battles` at a loss rate are added: small samples move less."""
        return (self.lost + self.tied / 2 + battles * rate) / (self.battles + battles)

    def __add__(self, other: "LeafRecord") -> "LeafRecord":
        """Return both together."""
        return LeafRecord(self.won + other.won, self.tied + other.tied, self.lost + other.lost)

    def __str__(self) -> str:
        """Say the record in words."""
        return f"won {self.won}, tied {self.tied}, lost {self.lost} of {self.battles}"


Records = Mapping[tuple[str, str], LeafRecord]
"""The target's records of a round by (skill, leaf)."""
Moves = Iterator[tuple[str, float, str]]
"""(leaf, new value, why)."""


def weigh(
    policy: Policy,
    records: Records,
    skills: Iterable[Skill],
    *,
    round: int,
    settings: FeedbackSettings,
) -> list[PolicyChange]:
    """Return how the leaves' weights change, in the taxonomy's order: diversity follows the losses.

    A leaf with fewer battles than `least_battles` stays as it is, but for the coverage floor, which
    rises with the others.
    """
    return [
        change_of(policy, round, skill.name, "weight", move, mine)
        for skill in skills
        for mine in [of_skill(records, skill)]
        for move in _weights(policy, skill.name, mine, settings)
    ]


def changed(policy: Policy, changes: Sequence[PolicyChange]) -> Policy:
    """Return the next version of a policy; the same one where nothing changes."""
    leaves = dict(policy.leaves)
    for change in changes:
        key = f"{change.skill}/{change.leaf}"
        before = leaves.get(key, LeafPolicy())
        # A level is a whole number whatever JSON made of it.
        leaves[key] = LeafPolicy.model_validate(before.model_dump() | {change.field: change.new})
    return Policy(version=policy.version + 1, leaves=leaves) if changes else policy


def in_order(changes: Iterable[PolicyChange], skills: Iterable[Skill]) -> list[PolicyChange]:
    """Return changes in the taxonomy's order, a leaf's weight before its level."""
    leaves = [(skill.name, leaf.name) for skill in skills for leaf in skill.leaves]
    place = {leaf: number for number, leaf in enumerate(leaves)}
    return sorted(changes, key=lambda c: (place[c.skill, c.leaf], c.field != "weight"))


def of_skill(records: Records, skill: Skill) -> Mapping[str, LeafRecord]:
    """Return the records of a skill's leaves in force; empty ones where nothing was fought."""
    return {x.name: records.get((skill.name, x.name), LeafRecord()) for x in skill.in_force}


def change_of(
    policy: Policy,
    round: int,
    skill: str,
    field: Literal["weight", "complexity"],
    move: tuple[str, float, str],
    records: Mapping[str, LeafRecord],
) -> PolicyChange:
    """Return a move of one leaf as a change of the policy, with the numbers that made it."""
    leaf, value, why = move
    record, old = records[leaf], getattr(policy.of(skill, leaf), field)
    return PolicyChange(
        round=round,
        skill=skill,
        leaf=leaf,
        field=field,
        old=old,
        new=value,
        reason=f"the target {record} battles: {why}; {field} {old:g} → {value:g}",
        won=record.won,
        tied=record.tied,
        lost=record.lost,
    )


def _weights(
    policy: Policy, skill: str, records: Mapping[str, LeafRecord], settings: FeedbackSettings
) -> Moves:
    whole = sum(records.values(), LeafRecord())
    if not whole.battles:
        return
    old_floor = settings.coverage_floor * mean(policy.of(skill, leaf).weight for leaf in records)
    weighed = {
        leaf: _weigh(policy.of(skill, leaf), record, whole, floor=old_floor, settings=settings)
        for leaf, record in records.items()
    }
    floor = coverage_floor([weight for weight, _ in weighed.values()], settings.coverage_floor)
    for leaf, (weight, why) in weighed.items():
        if weight < floor:
            share = f"{settings.coverage_floor:g} of the skill's mean weight"
            weight, why = floor, "; ".join(filter(None, (why, f"the coverage floor is {share}")))
        if weight != policy.of(skill, leaf).weight:
            yield leaf, weight, why


def coverage_floor(weights: Iterable[float], share: float) -> float:
    """Return the least weight that is `share` of the mean, once all below it are raised to it."""
    ranked = sorted(weights)
    total, floor = sum(ranked), 0.0
    for raised, weight in enumerate(ranked):
        # With the `raised` lightest at the floor: floor = share x (total + raised x floor) / all.
        floor = share * total / (len(ranked) - share * raised)
        if weight >= floor:
            break
        total -= weight
    return ceil(floor * 1000 - 1e-6) / 1000


def _weigh(
    old: LeafPolicy,
    record: LeafRecord,
    whole: LeafRecord,
    *,
    floor: float,
    settings: FeedbackSettings,
) -> tuple[float, str]:
    """Return the new weight and why: up where the target loses more than in the skill as a whole."""
    if record.battles < settings.least_battles:
        return old.weight, ""
    if record.win_rate > settings.win_rate_band[1] and old.complexity == HIGHEST:
        why = f"win rate {record.win_rate:.2f} at the highest complexity, so it is retired"
        return min(old.weight, round(floor, 3)), why
    prior = settings.prior_battles
    rate, usual = record.shrunk(whole.loss_rate, prior), whole.loss_rate
    if f"{rate:.2f}" == f"{usual:.2f}":
        return old.weight, ""  # a reader would see no reason
    weight = round(min(CAP, old.weight * exp(settings.step * (rate - usual))), 3)
    why = f"loss rate {record.loss_rate:.2f} against {usual:.2f} in the whole skill"
    return weight, f"{why}, {rate:.2f} with {prior:g} battles of the skill's rate" if prior else why
