"""Feedback: what was lost steers the next round. Pure: statistics in, changes of the policy out.

Diversity: a leaf's weight follows what asking it taught (`learning_value.py`), between a floor that keeps
every leaf covered and a cap. Complexity is graded in `grading.py`. Every change carries its numbers.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ...taxonomy.policy import Field, LeafPolicy, Policy, PolicyChange
from ...taxonomy.refinement import Refinement
from ...taxonomy.skill import Skill
from ...tools.ratings.share import wilson
from .. import kinds
from ..services import Services
from ..settings import FeedbackSettings
from .decisions import PolicyVersion
from .learning_value import Evidence, levelled, together, weights
from .state import RunState, RunUpdate, current_round, in_force

HIGHEST = 5
"""Most complex level."""


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
    def win_rate(self) -> float:
        """Share won, a tie counting half."""
        return (self.won + self.tied / 2) / self.battles

    def __add__(self, other: "LeafRecord") -> "LeafRecord":
        """Return both together."""
        return LeafRecord(self.won + other.won, self.tied + other.tied, self.lost + other.lost)

    def __str__(self) -> str:
        """Say the record in words."""
        return f"won {self.won}, tied {self.tied}, lost {self.lost} of {self.battles}"

    def told(self) -> str:
        """Return what a reason of this round begins with."""
        return f"the target {self} battles" if self.battles else "no battle in this round"


Records = Mapping[tuple[str, str], LeafRecord]
"""The target's records of a round by (skill, leaf)."""
Found = Mapping[tuple[str, str], Evidence]
"""What asking each leaf taught, by (skill, leaf)."""
Moves = Iterator[tuple[str, float, str]]
"""(leaf, new value, why)."""


def weigh(
    policy: Policy,
    records: Records,
    found: Found,
    skills: Iterable[Skill],
    *,
    round: int,
    settings: FeedbackSettings,
    held: Collection[tuple[str, str]] = (),
) -> list[PolicyChange]:
    """Return how the leaves' weights change, in the taxonomy's order: diversity follows what taught.

    Leaves that are `held` or pinned by the user keep theirs; the others share what the pinned ones leave.
    """
    return [
        change_of(policy, round, skill.name, "weight", move, of_skill(records, skill))
        for skill in skills
        for move in _weights(policy, skill, found, held, settings)
    ]


def changed(policy: Policy, changes: Sequence[PolicyChange]) -> Policy:
    """Return the next version of a policy; the same one where nothing changes."""
    leaves = dict(policy.leaves)
    for change in changes:
        key = f"{change.skill}/{change.leaf}"
        before = leaves.get(key, LeafPolicy())
        new = {"levels": change.levels} if change.levels else {change.field: change.new}
        # A level is a whole number whatever JSON made of it.
        leaves[key] = LeafPolicy.model_validate(before.model_dump() | new)
    after = {"version": policy.version + 1, "leaves": leaves}
    return policy.model_copy(update=after) if changes else policy


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
    field: Field,
    move: tuple[str, float, str],
    records: Mapping[str, LeafRecord],
) -> PolicyChange:
    """Return a move of one leaf as a change of the policy, with the numbers that made it."""
    leaf, value, why = move
    old = getattr(policy.of(skill, leaf), field)
    return fought(f"{skill}/{leaf}", field, old, value, why, records[leaf], round)


def fought(
    key: str, field: str, old: float, new: float, why: str, record: LeafRecord, round: int
) -> PolicyChange:
    """Return a change of the leaf of a key that its battles of this round made, with their counts."""
    made = moved(key, field, old, new, f"{record.told()}: {why}", round)
    return made.model_copy(update=asdict(record))


def moved(key: str, field: str, old: float, new: float, why: str, round: int) -> PolicyChange:
    """Return a change of the leaf of a key, `skill/leaf`, with its reason."""
    skill, leaf = key.split("/")
    return PolicyChange(
        round=round,
        skill=skill,
        leaf=leaf,
        field=field,
        old=old,
        new=new,
        reason=f"{why}; {field} {old:g} → {new:g}",
    )


def _weights(
    policy: Policy,
    skill: Skill,
    found: Found,
    held: Collection[tuple[str, str]],
    settings: FeedbackSettings,
) -> Moves:
    names = [leaf.name for leaf in skill.in_force]
    evidence = [found.get((skill.name, name), Evidence()) for name in names]
    whole, floor, cap = together(evidence), settings.coverage_floor, settings.weight_cap
    if settings.diversity == "off" or not whole.tried:
        return
    wanted = weights(evidence, bandit=settings.diversity, prior=settings.prior_battles, cap=cap)
    old = {name: policy.of(skill.name, name) for name in names}
    fixed = [(skill.name, n) in held or "weight" in old[n].pinned for n in names]
    free = [n for n, stays in zip(names, fixed, strict=True) if not stays]
    if not free:
        return
    # What is on trial comes on top, so that it moves nobody; what is pinned is shared in.
    sharing = [name for name in names if (skill.name, name) not in held]
    taken = sum(old[name].weight for name in sharing if name not in free)
    even = dict(zip(names, wanted or [1.0] * len(names), strict=True))
    mean = (len(sharing) - taken) / len(free)
    new = levelled([even[name] for name in free], floor=floor, cap=cap, mean=mean)
    own = dict(zip(names, evidence, strict=True))
    for name, weight in zip(free, (round(weight, 3) for weight in new), strict=True):
        if weight != old[name].weight:
            yield name, weight, _why(own[name], whole, weight, settings, told=wanted is not None)


def _why(
    own: Evidence, whole: Evidence, weight: float, settings: FeedbackSettings, *, told: bool
) -> str:
    """Return a move's reason in numbers."""
    if not told:
        return f"the leaves no longer differ more than by chance (share taught {whole.share:.2f})"
    said = "it was not tried"
    if own.tried:
        low, high = wilson(own.share, own.tried)
        said = (
            f"{own.taught:.3g} of {own.tried:.3g} instructions taught, share {own.share:.2f}, "
            f"interval {low:.2f} to {high:.2f}"
        )
    said = f"{said}, against {whole.share:.2f} in the whole skill; {settings.diversity}"
    if weight <= settings.coverage_floor:
        return f"{said}, at the coverage floor {settings.coverage_floor:g}"
    return f"{said}, at the cap {settings.weight_cap:g}" if weight >= settings.weight_cap else said


async def feed_back(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Write the next policy version with the reasons of every change; none where nothing changes."""
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    found = map(PolicyChange.model_validate, state["weights"] + state["levels"])
    changes = in_order(
        (change for change in found if not round.policy.holds(change)), services.skills.values()
    )
    policy = _refined(changed(round.policy, changes), round.policy, state["refinement"])
    new = PolicyVersion(
        id=make_id("policy", policy.version),
        parents=(state["policy"],),
        round=round.number,
        policy=policy,
        changes=tuple(changes),
    )
    await services.records.replace(
        kinds.POLICY, round.number, [new] if policy != round.policy else []
    )
    for change in changes:
        services.notify("policy_changed", **change.model_dump())
    return {"policy": new.id} if policy != round.policy else {}


def _refined(policy: Policy, before: Policy, refinement: Mapping[str, Any]) -> Policy:
    """Return the next policy with what the complexity node says of refinement, where it says anything."""
    found = Refinement.model_validate(refinement) if refinement else before.refinement
    if found == policy.refinement:
        return policy
    return policy.model_copy(update={"refinement": found, "version": before.version + 1})
