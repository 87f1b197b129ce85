"""Restructure: carries out what `structure.py` decides, and asks the taxonomist for new leaves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ...agents.errors import EpisodeError
from ...agents.messages import Loss, Propose, Proposed
from ...agents.records import Reject
from ...taxonomy.policy import LeafPolicy, PolicyChange
from ...taxonomy.proposal import fault, joined, leaf_of
from ...taxonomy.skill import Leaf, Skill
from ...taxonomy.version import Taxonomy, TaxonomyChange
from .. import kinds, stages
from ..generation.kinds import kind_of
from ..services import Round, Services, reject, settle
from . import structure
from .cells import Leaves, together
from .feedback import LeafRecord, moved
from .losses import clustered, losses_of, twins_of

(STAGE,) = stages.FEED_BACK.steps


class Improper(EpisodeError):
    """A proposed leaf that may not be asked; recorded as a reject with the reason."""


@dataclass
class Restructured:
    """The taxonomy as it comes to stand, and what led there."""

    taxonomy: Taxonomy
    round: Round
    changes: list[TaxonomyChange] = field(default_factory=list)
    starts: list[PolicyChange] = field(default_factory=list)
    """Weights and levels that new leaves begin with."""
    rejects: list[Reject] = field(default_factory=list)
    skipped: str = ""
    """Why leaves were neither split nor proposed; empty where they could be."""

    @property
    def fresh(self) -> set[tuple[str, str]]:
        """Leaves that are new, or on trial: their weights are held."""
        on_trial = {(name.split("/")[0], name.split("/")[1]) for name in self.taxonomy.trials}
        return on_trial | {(change.skill, name) for change in self.changes for name in change.new}

    def take(self, made: tuple[Taxonomy, TaxonomyChange]) -> TaxonomyChange:
        """Let a change stand."""
        self.taxonomy, change = made
        self.changes.append(change)
        return change

    def start(self, skill: str, leaf: str, weight: float, like: LeafPolicy, why: str) -> None:
        """Let a new leaf begin with a weight, and with the level or the levels of another one."""
        first, key, number = LeafPolicy(), f"{skill}/{leaf}", self.round.number
        told = f"{LeafRecord().told()}: {why}"
        if weight != first.weight:
            self.starts.append(moved(key, "weight", first.weight, weight, told, number))
        if like.levels or like.level != first.level:
            made = moved(key, "complexity", first.level, like.level, told, number)
            self.starts.append(made.model_copy(update={"levels": like.levels}))


async def restructure(
    services: Services,
    round: Round,
    rounds: Mapping[int, Leaves],
    hard: Leaves,
    taxonomy: Taxonomy,
) -> Restructured:
    """Return the next taxonomy: trials end, leaves retire, merge, are split and proposed.

    `rounds` are what rounds showed of each leaf, by their numbers; `hard` is what this one's hard levels did.
    """
    await services.records.discard(kinds.REJECT, round.number, stage=STAGE)
    made = Restructured(taxonomy, round)
    _try(made, rounds)
    _retire(made, hard, above=services.settings.feedback.win_rate_band[1])
    await _merge(made, services, rounds)
    lost = await losses_of(services.records, round.number, services.target)
    for skill in taxonomy.skills:
        losses = lost.get(skill.name)
        if losses and not kind_of(skill.flow).by_leaf:
            try:
                await _narrow(made, services, skill.name, losses)
            except ValueError as absent:
                made.skipped = str(absent)
                break
    version = taxonomy.version + bool(made.changes)
    made.taxonomy = made.taxonomy.model_copy(update={"version": version})
    return made


def _try(made: Restructured, rounds: Mapping[int, Leaves]) -> None:
    earned, failed = structure.trials(made.taxonomy, rounds, made.round.number)
    for verdict in earned:
        made.take(made.taxonomy.promoted(verdict.skill, verdict.leaf, verdict.reason))
    for verdict in failed:
        if len(made.taxonomy.by_name[verdict.skill].in_force) > 1:
            made.take(made.taxonomy.retired(verdict.skill, verdict.leaf, verdict.reason))


def _retire(made: Restructured, now: Leaves, *, above: float) -> None:
    for skill in made.taxonomy.skills:
        kept = _on_trial(made.taxonomy, skill)
        for verdict in structure.saturated(skill, made.round.policy, now, above=above, kept=kept):
            if len(made.taxonomy.by_name[skill.name].in_force) > 2:
                made.take(made.taxonomy.retired(skill.name, verdict.leaf, verdict.reason))


async def _merge(made: Restructured, services: Services, rounds: Mapping[int, Leaves]) -> None:
    twins = await twins_of(services.records, made.round.number)
    found = _summed(rounds.values())
    for name in sorted(twins):
        skill, policy = made.taxonomy.by_name[name], made.round.policy
        if kind_of(skill.flow).by_leaf:
            continue
        kept = _on_trial(made.taxonomy, skill)
        pair = structure.alike(skill, policy, found, twins[name], kept)
        if pair is None or len(skill.in_force) <= 2:
            continue
        one, other, reason = pair
        into = joined(skill.leaf(one), skill.leaf(other))
        if not fault(skill, into):
            made.take(made.taxonomy.merged(name, (one, other), into, reason))
            a, b = policy.of(name, one), policy.of(name, other)
            weight = round(a.weight + b.weight, 3)
            plainer = min(a, b, key=lambda own: own.level)
            why = f"it takes the place of {one} and {other}"
            made.start(name, into.name, weight, plainer, why)


def _on_trial(taxonomy: Taxonomy, skill: Skill) -> list[str]:
    return [x.name for x in skill.in_force if f"{skill.name}/{x.name}" in taxonomy.trials]


def _summed(rounds: Iterable[Leaves]) -> Leaves:
    rounds = list(rounds)
    names = {name for leaves in rounds for name in leaves}
    return {name: together(leaves[name] for leaves in rounds if name in leaves) for name in names}


async def _narrow(
    made: Restructured, services: Services, name: str, losses: Sequence[Loss]
) -> None:
    """Split the leaf that was lost most, if its losses fall apart; else propose one for what lies outside."""
    skill = made.taxonomy.by_name[name]
    asked = {leaf.name for leaf in skill.in_force}
    by_leaf = {leaf: [loss for loss in losses if loss.leaf == leaf] for leaf in sorted(asked)}
    kept = {*_on_trial(made.taxonomy, skill)}
    kept |= {leaf for leaf in asked if made.round.policy.of(name, leaf).pinned}
    for leaf in sorted(asked - kept, key=lambda leaf: (-len(by_leaf[leaf]), leaf)):
        if len(by_leaf[leaf]) < 2 * structure.GROUP:
            break
        labels = await clustered(by_leaf[leaf], services.settings.seed)
        found = structure.groups(by_leaf[leaf], labels) if labels else []
        if len(found) > 1:
            await _split(made, services, skill, leaf, found)
            return
    if _on_trial(made.taxonomy, skill) or len(losses) < 2 * structure.GROUP:
        return
    labels = await clustered(losses, services.settings.seed)
    group = structure.outside(structure.groups(losses, labels)) if labels else None
    base = structure.commonest(group, skill) if group else None
    if group and base:
        await _propose(made, services, skill, base, group)


async def _split(
    made: Restructured,
    services: Services,
    skill: Skill,
    leaf: str,
    groups: Sequence[tuple[Loss, ...]],
) -> None:
    into = await _leaves(made, services, skill, leaf, groups, instead_of=leaf)
    if len(into) < 2:
        return
    sizes = ", ".join(str(len(group)) for group in groups)
    reason = f"{sum(map(len, groups))} of its losses in round {made.round.number} fall into groups of {sizes}"
    made.take(made.taxonomy.split(skill.name, leaf, into, reason))
    own = made.round.policy.of(skill.name, leaf)
    weight = round(own.weight / len(into), 3)
    for one in into:
        made.start(
            skill.name,
            one.name,
            weight,
            own,
            f"it is split off {leaf}, whose weight it shares",
        )


async def _propose(
    made: Restructured, services: Services, skill: Skill, base: str, group: tuple[Loss, ...]
) -> None:
    for leaf in await _leaves(made, services, skill, base, [group]):
        reason = (
            f"{len(group)} losses in round {made.round.number} belong together and are of "
            f"{len({loss.leaf for loss in group})} leaves, about {len({loss.seed_id for loss in group})} "
            "documents"
        )
        number = made.round.number
        made.take(made.taxonomy.proposed(skill.name, leaf, reason, round=number))
        own = made.round.policy.of(skill.name, base)
        made.start(skill.name, leaf.name, structure.TRIAL_WEIGHT, own, "it is on trial")


async def _leaves(
    made: Restructured,
    services: Services,
    skill: Skill,
    base: str,
    groups: Sequence[tuple[Loss, ...]],
    *,
    instead_of: str = "",
) -> list[Leaf]:
    """Ask the taxonomist, and return the leaves that hold what a shipped one holds."""
    subject = f"{skill.name}/{base}/{made.round.number}"
    message = Propose(
        subject=subject,
        leaf=skill.leaf(base),
        known=tuple(leaf for leaf in skill.in_force if leaf.name != instead_of),
        groups=tuple(groups),
    )
    alias = services.cast.speaks("taxonomist")
    refused = partial(
        reject,
        stage=STAGE,
        round=made.round.number,
        subject=groups[0][0].instruction_id,
        skill=skill.name,
        leaf=base,
    )
    answers, failed = await settle(
        [(services.troupe.send(message, Proposed, "taxonomist", alias), refused)]
    )
    made.rejects += failed
    sound: list[Leaf] = []
    for told in (told for proposed in answers for told in proposed.leaves):
        try:
            leaf = leaf_of(skill.leaf(base), told)
            if wrong := fault(skill, leaf, instead_of=instead_of):
                raise ValueError(wrong)
            if leaf.name in {other.name for other in sound}:
                raise ValueError(f"{leaf.name} is proposed twice")
        except ValueError as error:
            made.rejects.append(refused(Improper(str(error)), part=told.get("name", "")))
        else:
            sound.append(leaf)
    return sound
