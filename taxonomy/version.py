"""The taxonomy in force, versioned: the shipped skills are version 1, and every change makes another.

Leaves are never deleted: one that was split, merged or retired stays in its skill, `retired`, so that
what was asked of it can still be judged and the version before can be gone back to.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .skill import Leaf, Skill

Kind = Literal["split", "merged", "retired", "proposed", "promoted", "rolled_back"]


class TaxonomyChange(BaseModel):
    """One change of the leaves of a skill, with the numbers that made it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    skill: str
    gone: tuple[str, ...] = ()
    """Names of the leaves that are no longer asked."""
    new: tuple[str, ...] = ()
    """Names of the leaves that are asked from now on."""
    reason: str


class Taxonomy(BaseModel):
    """All skills of a run as they stand in one version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    skills: tuple[Skill, ...]
    trials: dict[str, int] = {}
    """Proposed leaves that have to earn their place, `skill/leaf`, and the round that proposed each."""

    @property
    def by_name(self) -> Mapping[str, Skill]:
        """The skills by name, in the config's order."""
        return {skill.name: skill for skill in self.skills}

    def split(
        self, skill: str, leaf: str, into: Sequence[Leaf], reason: str
    ) -> tuple["Taxonomy", TaxonomyChange]:
        """Return the next version, in which a leaf is asked as several narrower ones.

        Raises:
            ValueError: fewer than two leaves, a name that is taken, or no such leaf in force.
        """
        if len(into) < 2:
            raise ValueError(f"{skill}/{leaf}: a split needs two leaves or more, found {len(into)}")
        return self._next("split", skill, gone=(leaf,), new=into, reason=reason)

    def merged(
        self, skill: str, leaves: Sequence[str], into: Leaf, reason: str
    ) -> tuple["Taxonomy", TaxonomyChange]:
        """Return the next version, in which leaves that behave alike are asked as one.

        Raises:
            ValueError: fewer than two leaves, a name that is taken, or no such leaf in force.
        """
        if len(leaves) < 2:
            raise ValueError(f"{skill}: a merge needs two leaves or more, found {list(leaves)}")
        return self._next("merged", skill, gone=tuple(leaves), new=(into,), reason=reason)

    def retired(self, skill: str, leaf: str, reason: str) -> tuple["Taxonomy", TaxonomyChange]:
        """Return the next version, in which a leaf is no longer asked.

        Raises:
            ValueError: no such leaf in force, or it is the skill's last one.
        """
        return self._next("retired", skill, gone=(leaf,), new=(), reason=reason)

    def proposed(
        self, skill: str, leaf: Leaf, reason: str, *, round: int
    ) -> tuple["Taxonomy", TaxonomyChange]:
        """Return the next version, in which a new leaf is asked too, on trial.

        Raises:
            ValueError: the name is taken.
        """
        after, change = self._next("proposed", skill, gone=(), new=(leaf,), reason=reason)
        trials = after.trials | {f"{skill}/{leaf.name}": round}
        return after.model_copy(update={"trials": trials}), change

    def promoted(self, skill: str, leaf: str, reason: str) -> tuple["Taxonomy", TaxonomyChange]:
        """Return the next version, in which a leaf has earned its place.

        Raises:
            KeyError: it is not on trial.
        """
        trials = dict(self.trials)
        del trials[f"{skill}/{leaf}"]
        after = self.model_copy(update={"version": self.version + 1, "trials": trials})
        return after, TaxonomyChange(kind="promoted", skill=skill, new=(leaf,), reason=reason)

    def rolled_back(
        self, earlier: "Taxonomy", reason: str
    ) -> tuple["Taxonomy", tuple[TaxonomyChange, ...]]:
        """Return the next version, which asks what an earlier one asked; later leaves stay, retired."""
        changes: list[TaxonomyChange] = []
        skills: list[Skill] = []
        for skill in self.skills:
            asked = {leaf.name for leaf in earlier.by_name[skill.name].in_force}
            now = {leaf.name for leaf in skill.in_force}
            if asked != now:
                changes.append(
                    TaxonomyChange(
                        kind="rolled_back",
                        skill=skill.name,
                        gone=tuple(sorted(now - asked)),
                        new=tuple(sorted(asked - now)),
                        reason=reason,
                    )
                )
            skills.append(_asking(skill, asked))
        asked_now = {f"{skill.name}/{leaf.name}" for skill in skills for leaf in skill.in_force}
        trials = {name: round for name, round in earlier.trials.items() if name in asked_now}
        after = Taxonomy(version=self.version + 1, skills=tuple(skills), trials=trials)
        return after, tuple(changes)

    def _next(
        self, kind: Kind, skill: str, *, gone: tuple[str, ...], new: Sequence[Leaf], reason: str
    ) -> tuple["Taxonomy", TaxonomyChange]:
        """Return the next version with its change, once it holds what a shipped skill holds."""
        before = self.by_name[skill]
        _refuse(before, gone, new)
        skills = tuple(_changed(s, gone, new) if s is before else s for s in self.skills)
        names = tuple(leaf.name for leaf in new)
        change = TaxonomyChange(kind=kind, skill=skill, gone=gone, new=names, reason=reason)
        over = {f"{skill}/{leaf}" for leaf in gone}
        trials = {name: round for name, round in self.trials.items() if name not in over}
        return Taxonomy(version=self.version + 1, skills=skills, trials=trials), change


def _refuse(skill: Skill, gone: Iterable[str], new: Iterable[Leaf]) -> None:
    known, asked = {x.name for x in skill.leaves}, [x.name for x in skill.in_force]
    if absent := sorted(set(gone) - set(asked)):
        raise ValueError(
            f"{skill.name}: no leaf {', '.join(absent)} in force; leaves: {', '.join(asked)}"
        )
    if taken := sorted(known & {leaf.name for leaf in new}):
        raise ValueError(
            f"{skill.name}: the name {', '.join(taken)} is taken, by a retired leaf maybe; choose another"
        )
    if set(asked) == set(gone) and not list(new):
        raise ValueError(
            f"{skill.name}: {', '.join(asked)} is its last leaf: drop the skill instead"
        )


def _changed(skill: Skill, gone: Sequence[str], new: Sequence[Leaf]) -> Skill:
    """Return a skill whose transformations admit the new leaves wherever they admitted those gone."""
    names = tuple(leaf.name for leaf in new)
    ways = tuple(
        way.model_copy(update={"leaves": (*way.leaves, *names)})
        if way.leaves and (not gone or set(gone) & set(way.leaves))
        else way
        for way in skill.transformations
    )
    more = skill.model_copy(update={"leaves": (*skill.leaves, *new), "transformations": ways})
    return _asking(more, {leaf.name for leaf in more.in_force} - set(gone))


def _asking(skill: Skill, asked: Collection[str]) -> Skill:
    """Return a skill of which these leaves are in force, and all others retired."""
    leaves = tuple(x.model_copy(update={"retired": x.name not in asked}) for x in skill.leaves)
    return skill.model_copy(update={"leaves": leaves})
