"""Grading: what was won at ease is asked harder, what was lost all over plainer. Pure.

The target's win rate in each leaf is kept in a band; every change carries its numbers.
"""

from collections.abc import Iterable, Mapping

from ...taxonomy.policy import LeafPolicy, Policy, PolicyChange
from ...taxonomy.skill import Skill
from ..settings import FeedbackSettings
from .feedback import HIGHEST, LeafRecord, Moves, Records, change_of, of_skill

LOWEST = 1


def grade(
    policy: Policy,
    records: Records,
    skills: Iterable[Skill],
    *,
    round: int,
    settings: FeedbackSettings,
) -> list[PolicyChange]:
    """Return how the leaves' complexity changes: one level towards the band of win rates, or none."""
    return [
        change_of(policy, round, skill.name, "complexity", move, mine)
        for skill in skills
        for mine in [of_skill(records, skill)]
        for move in _levels(policy, skill.name, mine, settings)
    ]


def _levels(
    policy: Policy, skill: str, records: Mapping[str, LeafRecord], settings: FeedbackSettings
) -> Moves:
    for leaf, record in records.items():
        old = policy.of(skill, leaf)
        level, why = _grade(old, record, settings)
        if level != old.complexity:
            yield leaf, level, why


def _grade(old: LeafPolicy, record: LeafRecord, settings: FeedbackSettings) -> tuple[int, str]:
    """Return the new complexity and why: one level towards the win-rate band."""
    if record.battles < settings.least_battles:
        return old.complexity, ""
    low, high = settings.win_rate_band
    if record.win_rate > high and old.complexity < HIGHEST:
        return old.complexity + 1, f"win rate {record.win_rate:.2f} is above the band's {high:g}"
    if record.win_rate < low and old.complexity > LOWEST:
        return old.complexity - 1, f"win rate {record.win_rate:.2f} is below the band's {low:g}"
    return old.complexity, ""
