"""Levels: where a skill's levels scatter, each is asked as often as asking it teaches. Pure.

A level that the target loses to others is worth asking, however low its win rate: their answers are what
it learns from. Moved plainer where it was lost and harder where it was won, as `grading.py` moves a leaf
that has one level, the gym's targets never saw the highest levels of what they had to learn, and came 6
points less far than without any feedback on complexity (`docs/flywheel.md`). So the bands of levels are
weighed as the leaves of a skill are: by the same bandit, between the same floor and cap; bands that
differ no more than by chance are asked alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum

from ...taxonomy.policy import LeafPolicy, Policy, PolicyChange
from ...taxonomy.skill import Skill
from ..settings import FeedbackSettings
from .cells import BANDS, Table, band, by, faded
from .feedback import LeafRecord, Records, fought, of_skill
from .learning_value import Evidence, levelled, weights

Taught = Mapping[tuple[str, ...], Evidence]
"""What asking taught, by (skill, leaf, band)."""


def taught_by_band(rounds: Mapping[int, Table], memory: float) -> Taught:
    """Return what asking each band of each leaf taught: each round counts `memory` of the one after it."""
    bands = {n: by(table, lambda p: (p.skill, p.leaf, p.band)) for n, table in rounds.items()}
    return faded(bands, memory)


def spread(
    policy: Policy,
    records: Records,
    taught: Taught,
    skills: Iterable[Skill],
    *,
    round: int,
    settings: FeedbackSettings,
) -> list[PolicyChange]:
    """Return how often each level of each leaf is asked from now on, where levels scatter."""
    return [
        change
        for skill in skills
        for name, record in of_skill(records, skill).items()
        if (change := _moved(policy, skill, name, record, taught, round, settings))
    ]


def _moved(
    policy: Policy,
    skill: Skill,
    leaf: str,
    record: LeafRecord,
    taught: Taught,
    number: int,
    settings: FeedbackSettings,
) -> PolicyChange | None:
    if not skill.levels or record.battles < settings.least_battles:
        return None
    found = [taught.get((skill.name, leaf, name), Evidence()) for name in BANDS]
    old = policy.levels(skill, leaf)
    new = weighed(found, old, settings)
    if _said(old) == _said(new):
        return None
    parts = [
        f"{e.taught:.3g} of {e.tried:.3g} {name}" for e, name in zip(found, BANDS, strict=True)
    ]
    why = f"taught {', '.join(parts)}; levels {_said(old)} → {_said(new)}"
    before, after = (LeafPolicy(levels=shares).level for shares in (old, new))
    made = fought(f"{skill.name}/{leaf}", "complexity", before, after, why, record, number)
    return made.model_copy(update={"levels": new})


def _said(shares: Sequence[float]) -> str:
    return " ".join(f"{share:.2f}" for share in shares)


def weighed(
    found: Sequence[Evidence], old: Sequence[float], settings: FeedbackSettings
) -> tuple[float, ...]:
    """Return shares of levels 1 to 5 by what asking their bands taught; a level without one gets none."""
    asked = {band(level) for level, share in enumerate(old, 1) if share}
    bands = [(name, own) for name, own in zip(BANDS, found, strict=True) if name in asked]
    if len(bands) < 2:
        return tuple(old)
    bandit = "thompson" if settings.diversity == "off" else settings.diversity
    values, cap = [own for _, own in bands], settings.weight_cap
    wanted = weights(values, bandit=bandit, prior=settings.prior_battles, cap=cap)
    new = levelled(wanted or [1.0] * len(bands), floor=settings.coverage_floor, cap=cap)
    each = dict(zip((name for name, _ in bands), new, strict=True))
    levels = [each[band(level)] if share else 0.0 for level, share in enumerate(old, 1)]
    return tuple(round(share / fsum(levels), 4) for share in levels)
