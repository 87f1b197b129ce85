"""Structure: which leaves to keep on after a trial, to retire, to merge, to split, to propose. Pure.

At most one leaf of a skill is split, one pair merged and one proposed in a round, and only one is on trial,
so that what came of a change can be seen. Leaves that the user pinned are left alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

from ...agents.messages import Loss
from ...taxonomy.policy import Policy
from ...taxonomy.proposal import same_form
from ...taxonomy.skill import Skill
from ...taxonomy.version import Taxonomy
from ...tools.ratings.share import wilson
from .cells import Cell, Leaves, together
from .feedback import HIGHEST

TRIAL_WEIGHT = 0.5
"""How often a leaf on trial is asked."""
TRIAL_TRIES, TRIAL_ROUNDS = 6, 3
"""Instructions after which a trial is decided, and rounds after which it is in any case."""
SATURATED = 10
"""Least instructions at the highest level from which a leaf is retired."""
TWINS, TWIN_SHARE = 4, 0.2
"""Least near duplicates that two leaves have in common, and their least share of the smaller's tasks."""
GROUP, GROUP_SEEDS = 5, 3
"""Least losses of a group, and documents that they are about: what is about one of them is a subject."""
FEW_LEAVES = 3
"""Least leaves that a group has losses of, to be outside of all of them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a leaf, with the reason in numbers."""

    skill: str
    leaf: str
    reason: str


def trials(
    taxonomy: Taxonomy, rounds: Mapping[int, Leaves], number: int
) -> tuple[list[Verdict], list[Verdict]]:
    """Return the trials that end: leaves that earned their place, and those that did not.

    One earns it that taught at least as often as the rest of its skill did in the same rounds.
    """
    earned: list[Verdict] = []
    failed: list[Verdict] = []
    for key, begun in sorted(taxonomy.trials.items()):
        skill, leaf = key.split("/")
        since = [leaves for round, leaves in rounds.items() if round > begun]
        own = together(
            c for found in since for k, c in found.items() if k == (skill, leaf)
        ).evidence
        if own.tried < TRIAL_TRIES and number - begun < TRIAL_ROUNDS:
            continue
        rest = together(
            c for found in since for k, c in found.items() if k[0] == skill and k[1] != leaf
        ).evidence
        low, high = wilson(own.share, own.tried) if own.tried else (0.0, 1.0)
        reason = (
            f"on trial since round {begun}: {own.taught:.3g} of {own.tried:.3g} instructions taught, "
            f"share {own.share:.2f}, interval {low:.2f} to {high:.2f}, against {rest.share:.2f} in the "
            "rest of the skill"
        )
        good = own.tried > 0 and own.share >= rest.share
        (earned if good else failed).append(Verdict(skill, leaf, reason))
    return earned, failed


def saturated(
    skill: Skill, policy: Policy, now: Leaves, *, above: float, kept: Iterable[str]
) -> Iterator[Verdict]:
    """Yield leaves that are won even where they are hardest: the interval of the win rate is above the band.

    `now` tells of the round's hard levels alone.
    """
    kept = set(kept)
    for leaf in skill.in_force:
        own, cell = policy.of(skill.name, leaf.name), now.get((skill.name, leaf.name), Cell())
        played = cell.won + cell.tied + cell.lost
        if leaf.name in kept or own.pinned or cell.decided < SATURATED:
            continue
        if not own.levels and own.complexity < HIGHEST:
            continue
        rate = (cell.won + cell.tied / 2) / played
        low, high = wilson(rate, cell.decided)
        where = "its hard levels" if own.levels else f"level {HIGHEST}"
        if low > above:
            yield Verdict(
                skill.name,
                leaf.name,
                f"won {cell.won}, tied {cell.tied}, lost {cell.lost} of {played} battles over "
                f"{cell.decided} instructions at {where}: win rate {rate:.2f}, interval "
                f"{low:.2f} to {high:.2f}, above the band's {above:g}",
            )


def alike(
    skill: Skill,
    policy: Policy,
    found: Leaves,
    twins: Mapping[frozenset[str], int],
    kept: Iterable[str],
) -> tuple[str, str, str] | None:
    """Return two leaves that behave alike, with the reason: they ask the same, and teach as often.

    `twins` tells how many tasks of the one were near duplicates of the other's.
    """
    kept = set(kept)
    known = {leaf.name: leaf for leaf in skill.in_force if leaf.name not in kept}
    pairs: list[tuple[int, str, str, str]] = []
    for one, other in combinations(known, 2):
        count = twins.get(frozenset((one, other)), 0)
        a, b = (found.get((skill.name, name), Cell()) for name in (one, other))
        least = min(a.asked, b.asked)
        if count < TWINS or count < TWIN_SHARE * least or not same_form(known[one], known[other]):
            continue
        if policy.of(skill.name, one).pinned or policy.of(skill.name, other).pinned:
            continue
        x, y = a.evidence, b.evidence
        if not x.tried or not y.tried:
            continue
        share = (x.taught + y.taught) / (x.tried + y.tried)
        off = 1.96 * sqrt(share * (1 - share) * (1 / x.tried + 1 / y.tried))
        if abs(x.share - y.share) <= off:
            reason = (
                f"{count} tasks of {one} and {other} are near duplicates, of {least} that the smaller "
                f"has; taught {x.share:.2f} of {x.tried:.3g} and {y.share:.2f} of {y.tried:.3g}, no "
                f"more apart than the interval of ±{off:.2f}"
            )
            pairs.append((-count, one, other, reason))
    return min(pairs)[1:] if pairs else None


def groups(losses: Sequence[Loss], labels: Sequence[int]) -> list[tuple[Loss, ...]]:
    """Return the clusters that are large enough and about several documents, the largest first."""
    found: dict[int, list[Loss]] = {}
    for loss, label in zip(losses, labels, strict=True):
        found.setdefault(label, []).append(loss)
    sound = [
        tuple(sorted(group, key=lambda loss: loss.instruction_id))
        for group in found.values()
        if len(group) >= GROUP and len({loss.seed_id for loss in group}) >= GROUP_SEEDS
    ]
    return sorted(sound, key=lambda group: (-len(group), group[0].instruction_id))


def outside(found: Iterable[tuple[Loss, ...]]) -> tuple[Loss, ...] | None:
    """Return the largest group that no single leaf accounts for: of several leaves, and mostly of none."""
    for group in found:
        leaves = Counter(loss.leaf for loss in group)
        if len(leaves) >= FEW_LEAVES and leaves.most_common(1)[0][1] * 2 <= len(group):
            return group
    return None


def commonest(group: Sequence[Loss], skill: Skill) -> str | None:
    """Return the leaf in force that most of a group are of, for its form; a checker fits no other leaf."""
    counts = Counter(loss.leaf for loss in group)
    plain = [leaf.name for leaf in skill.in_force if counts[leaf.name] and not leaf.checker]
    return min(plain, key=lambda name: (-counts[name], name)) if plain else None
