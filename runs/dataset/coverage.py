"""Coverage: what of each leaf the policy wanted, what was made, and by which transformations."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...graphs import kinds
from ...graphs.supervisor.decisions import PolicyVersion, TaxonomyVersion
from ...taxonomy.skill import Skill
from ..store import Store

V = TypeVar("V", PolicyVersion, TaxonomyVersion)
_TRAINING = (kinds.SFT, kinds.PREFERENCE, kinds.RLVR)
_SHADES = " ░▒▓█"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HEADS = ("leaf", "wanted", "written", "kept", "rows")
_WHOLE = ("skill", "leaves", "transformations", "goals", "written", "kept", "rows")
WHOLE_HEADS = (*_WHOLE, "checkers", "tools", "dropped")


@dataclass(frozen=True, slots=True)
class LeafCoverage:
    """One leaf, over all rounds."""

    leaf: str
    wanted: float
    """Its share by the policy of each round, of what that round wrote."""
    written: int
    kept: int
    """Of them, through the gate."""
    rows: int
    """Training rows of it, of all kinds."""
    ways: tuple[int | None, ...]
    """Instructions kept by transformation, in the skill's order; None where it admits no such leaf."""


@dataclass(frozen=True, slots=True)
class SkillCoverage:
    """One skill."""

    skill: str
    transformations: tuple[str, ...]
    leaves: tuple[LeafCoverage, ...]
    goals: int
    tools: tuple[str, ...]
    checkers: tuple[str, ...]
    dropped: tuple[tuple[str, int], ...]
    """How many rejects by stage and reason, the most first."""

    @property
    def whole(self) -> tuple[str, ...]:
        """The skill as a row under `WHOLE_HEADS`."""
        sums = (sum(getattr(leaf, name) for leaf in self.leaves) for name in _WHOLE[4:])
        made = (len(self.leaves), len(self.transformations), self.goals, *sums)
        drops = ", ".join(f"{reason} {number}" for reason, number in self.dropped)
        return (
            self.skill,
            *map(str, made),
            ", ".join(self.checkers),
            ", ".join(self.tools),
            drops,
        )

    @property
    def heads(self) -> tuple[str, ...]:
        """The columns: those of a leaf, then a letter a transformation."""
        return (*HEADS, *(self._letter(n) for n in range(len(self.transformations))))

    @property
    def legend(self) -> str:
        """Which letter is which transformation."""
        return ", ".join(f"{self._letter(n)} {name}" for n, name in enumerate(self.transformations))

    def table(self) -> Iterator[tuple[str, ...]]:
        """Yield a row a leaf, its transformations shaded by how much of the skill's most they have."""
        most = max((n or 0 for leaf in self.leaves for n in leaf.ways), default=0)
        for leaf in self.leaves:
            numbers = (f"{leaf.wanted:.1f}", str(leaf.written), str(leaf.kept), str(leaf.rows))
            yield (leaf.leaf, *numbers, *(_shaded(n, most) for n in leaf.ways))

    @staticmethod
    def _letter(number: int) -> str:
        return _LETTERS[number] if number < len(_LETTERS) else str(number + 1)


async def read_versions(store: Store) -> tuple[list[PolicyVersion], list[TaxonomyVersion]]:
    """Return all versions of the policy and of the taxonomy, oldest first."""
    policies = [v async for v in store.stream(kinds.POLICY)]
    taxonomies = [v async for v in store.stream(kinds.TAXONOMY)]
    return (
        sorted(policies, key=lambda v: v.policy.version),
        sorted(taxonomies, key=lambda v: v.taxonomy.version),
    )


async def read_coverage(store: Store) -> tuple[SkillCoverage, ...]:
    """Return what the rounds so far cover, skill by skill; nothing before the first one."""
    policies, taxonomies = await read_versions(store)
    if not policies or not taxonomies:
        return ()
    written = await store.count_by(kinds.DRAFT, "skill", "leaf", "round")
    kept = await store.count_by(kinds.INSTRUCTION, "skill", "leaf", "transformation")
    rows = Counter[tuple[str, ...]]()
    for kind in _TRAINING:
        rows.update(await store.count_by(kind, "skill", "leaf"))
    dropped: dict[str, Counter[str]] = {}
    for (name, *place), number in (
        await store.count_by(kinds.REJECT, "skill", "stage", "reason")
    ).items():
        dropped.setdefault(name, Counter())["/".join(place)] += number
    wanted = _wanted(policies, taxonomies, written)
    made = Counter[tuple[str, ...]]()
    for (skill, leaf, _), number in written.items():
        made[skill, leaf] += number
    return tuple(
        _covered(skill, wanted, made, kept, rows, dropped.get(skill.name, Counter()))
        for skill in taxonomies[-1].taxonomy.skills
    )


def _wanted(
    policies: Sequence[PolicyVersion],
    taxonomies: Sequence[TaxonomyVersion],
    written: Mapping[tuple[str, ...], int],
) -> dict[tuple[str, str], float]:
    """Return for each leaf its share of what each round wrote of its skill, by the policy of that round."""
    totals = Counter[tuple[str, int]]()
    for (name, _, number), drafts in written.items():
        totals[name, int(number)] += drafts
    found: dict[tuple[str, str], float] = {}
    for (name, round), total in totals.items():
        policy = _before(policies, round).policy
        skill = _before(taxonomies, round).taxonomy.by_name.get(name)
        for leaf, share in policy.shares(skill).items() if skill else ():
            found[name, leaf] = found.get((name, leaf), 0.0) + share * total
    return found


def _before(versions: Sequence[V], round: int) -> V:
    """Return the version that a round ran under: the last one of an earlier round."""
    return [v for v in versions if v.round < round][-1]


def _covered(
    skill: Skill,
    wanted: Mapping[tuple[str, str], float],
    made: Mapping[tuple[str, ...], int],
    kept: Mapping[tuple[str, ...], int],
    rows: Mapping[tuple[str, ...], int],
    dropped: Counter[str],
) -> SkillCoverage:
    admitted = {t.name: {x.name for x in skill.admissible(t)} for t in skill.transformations}
    leaves = []
    for leaf in skill.leaves:
        key = (skill.name, leaf.name)
        ways = {way: kept.get((*key, way), 0) for way in admitted}
        if leaf.retired and not made.get(key):
            continue
        leaves.append(
            LeafCoverage(
                leaf=leaf.name,
                wanted=round(wanted.get(key, 0.0), 1),
                written=made.get(key, 0),
                kept=sum(n for (s, x, _), n in kept.items() if (s, x) == key),
                rows=rows.get(key, 0),
                ways=tuple(
                    n if n or leaf.name in admitted[way] else None for way, n in ways.items()
                ),
            )
        )
    return SkillCoverage(
        skill.name,
        tuple(admitted),
        tuple(leaves),
        goals=len(skill.goals),
        tools=tuple(sorted({tool for leaf in skill.leaves for tool in leaf.tools})),
        checkers=tuple(sorted({leaf.checker for leaf in skill.leaves if leaf.checker})),
        dropped=tuple(dropped.most_common()),
    )


def _shaded(number: int | None, most: int) -> str:
    if number is None:
        return ""
    return f"{number} {_SHADES[-(-4 * number // most)] if most else ''}".strip()


def page(coverage: Sequence[SkillCoverage]) -> str:
    """Return it for a terminal: a line a skill, then each skill's leaves."""
    if not coverage:
        return ""
    numbers = len(_WHOLE)
    lines = list(_aligned([_WHOLE, *(skill.whole[:numbers] for skill in coverage)]))
    for skill in coverage:
        lines += ["", f"{skill.skill}: {skill.legend}"]
        told = zip(WHOLE_HEADS[numbers:], skill.whole[numbers:], strict=True)
        lines += [f"  {name}: {said}" for name, said in told if said]
        lines += _aligned([skill.heads, *skill.table()])
    return "\n".join(lines)


def _aligned(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *others in table:
        cells = [f"{c:>{w}}" for c, w in zip(others, widths[1:], strict=True)]
        yield "  ".join(["", f"{first:<{widths[0]}}", *cells]).rstrip()
