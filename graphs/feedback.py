"""Feedback: what was lost steers the next round. Policy v1, pure: statistics in, policy out.

Diversity: a leaf's weight follows the target's loss rate in it, over a floor that keeps every leaf
covered. Complexity: the target's win rate is kept in a band. Every change carries its numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp

from ..taxonomy.policy import LeafPolicy, Policy, PolicyChange
from ..taxonomy.skill import Skill
from .settings import FeedbackSettings

HIGHEST, LOWEST = 5, 1
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

    def __add__(self, other: "LeafRecord") -> "LeafRecord":
        """Return both together."""
        return LeafRecord(self.won + other.won, self.tied + other.tied, self.lost + other.lost)

    def __str__(self) -> str:
        """Say the record in words."""
        return f"won {self.won}, tied {self.tied}, lost {self.lost} of {self.battles}"


def update(
    policy: Policy,
    records: Mapping[tuple[str, str], LeafRecord],
    skills: Iterable[Skill],
    *,
    round: int,
    settings: FeedbackSettings,
) -> tuple[Policy, list[PolicyChange]]:
    """Return the next policy and what changed, leaf by leaf in the taxonomy's order.

    `records` are by (skill, leaf). Leaves with fewer battles than `least_battles` stay as they are.
    """
    leaves = dict(policy.leaves)
    changes: list[PolicyChange] = []
    for skill in skills:
        mine = {
            leaf.name: records.get((skill.name, leaf.name), LeafRecord()) for leaf in skill.leaves
        }
        whole = sum(mine.values(), LeafRecord())
        if not whole.battles:
            continue
        floor = settings.coverage_floor * _mean_weight(policy, skill)
        for name, record in mine.items():
            if record.battles < settings.least_battles:
                continue
            old = policy.of(skill.name, name)
            verdicts = [_weigh(old, record, whole, floor=floor, settings=settings)]
            verdicts.append(_grade(old, record, settings))
            new = old
            for field, value, reason in verdicts:
                before = getattr(old, field)
                if value == before:
                    continue
                new = new.model_copy(update={field: value})
                changes.append(
                    PolicyChange(
                        round=round,
                        skill=skill.name,
                        leaf=name,
                        field=field,
                        old=before,
                        new=value,
                        reason=reason,
                        won=record.won,
                        tied=record.tied,
                        lost=record.lost,
                    )
                )
            leaves[f"{skill.name}/{name}"] = new
    if not changes:
        return policy, []
    return Policy(version=policy.version + 1, leaves=leaves), changes


Verdict = tuple[str, float, str]
"""(field, new value, reason)."""


def _weigh(
    old: LeafPolicy,
    record: LeafRecord,
    whole: LeafRecord,
    *,
    floor: float,
    settings: FeedbackSettings,
) -> Verdict:
    """Return the new weight: up where the target loses more than in the skill as a whole."""
    easy = record.win_rate > settings.win_rate_band[1]
    if easy and old.complexity == HIGHEST:
        weight = round(min(old.weight, floor), 3)
        why = f"won {record.win_rate:.2f} at the highest complexity, retired to the coverage floor"
    else:
        surplus = record.loss_rate - whole.loss_rate
        moved = old.weight * exp(settings.step * surplus)
        weight = round(min(CAP, max(floor, moved)), 3)
        why = f"loss rate {record.loss_rate:.2f} against {whole.loss_rate:.2f} in the whole skill"
    return (
        "weight",
        weight,
        f"the target {record} battles: {why}; weight {old.weight:g} → {weight:g}",
    )


def _grade(old: LeafPolicy, record: LeafRecord, settings: FeedbackSettings) -> Verdict:
    """Return the new complexity: one level towards the win-rate band."""
    low, high = settings.win_rate_band
    level, why = old.complexity, ""
    if record.win_rate > high and level < HIGHEST:
        level, why = level + 1, f"above the band's {high:g}"
    elif record.win_rate < low and level > LOWEST:
        level, why = level - 1, f"below the band's {low:g}"
    reason = (
        f"the target {record} battles: win rate {record.win_rate:.2f} is {why}; "
        f"complexity {old.complexity} → {level}"
    )
    return "complexity", level, reason


def _mean_weight(policy: Policy, skill: Skill) -> float:
    return sum(policy.of(skill.name, leaf.name).weight for leaf in skill.leaves) / len(skill.leaves)
