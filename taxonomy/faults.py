"""What a skill says amiss: names used twice, named and not there, never asked; texts that say nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .lines import Location

if TYPE_CHECKING:
    from .skill import Skill

Fault = tuple[Location, str]
"""Where in a skill, and what is wrong there."""


def name_faults(skill: "Skill") -> Iterator[Fault]:
    """Yield all that is wrong with the names that a skill gives and uses, and its empty texts."""
    yield from _blank(skill)
    yield from _repeated(skill)
    yield from _behaviours(skill)
    yield from _map(skill)


def _blank(skill: "Skill") -> Iterator[Fault]:
    """Yield the texts that models are told and that say nothing."""
    parts = {"transformations": skill.transformations, "leaves": skill.leaves, "goals": skill.goals}
    told: list[tuple[Location, str]] = [
        ((name,), getattr(skill, name)) for name in ("title", "description")
    ]
    told += [
        ((part, index, name), getattr(item, name))
        for part, items in parts.items()
        for index, item in enumerate(items)
        for name in ("title", "brief", "definition", "answer_form", "rubric")
        if hasattr(item, name)
    ]
    for loc, text in told:
        if not text.strip():
            yield loc, f"{'.'.join(map(str, loc))}: is empty; models and jurors are told it"


def _repeated(skill: "Skill") -> Iterator[Fault]:
    parts = {
        "leaves": [leaf.name for leaf in skill.leaves],
        "transformations": [transformation.name for transformation in skill.transformations],
        "goals": [goal.name for goal in skill.goals],
    }
    for part, names in parts.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (part, index, "name"), f"{part}: the name {name!r} is used twice"


def _behaviours(skill: "Skill") -> Iterator[Fault]:
    """Yield expected behaviours that the skill does not say the meaning of."""
    asked = [("leaves", n, leaf.expected_behaviour) for n, leaf in enumerate(skill.leaves)]
    asked += [("goals", n, goal.expected_behaviour) for n, goal in enumerate(skill.goals)]
    for part, index, name in asked:
        if name and name not in skill.expected:
            yield (
                (part, index, "expected_behaviour"),
                f"{part}.{index}.expected_behaviour: no behaviour {name!r}; known: "
                f"{', '.join(skill.expected)}; say what others mean under `behaviours`",
            )


def _map(skill: "Skill") -> Iterator[Fault]:
    """Hold the map from transformations to leaves against the leaves there are."""
    known = [leaf.name for leaf in skill.leaves]
    for index, transformation in enumerate(skill.transformations):
        for position, name in enumerate(transformation.leaves):
            if name not in known:
                yield (
                    ("transformations", index, "leaves", position),
                    f"transformation {transformation.name} admits the leaf {name!r}, which the skill "
                    f"does not have; leaves: {', '.join(known)}",
                )
    admitted = {leaf.name for way in skill.transformations for leaf in skill.admissible(way)}
    for index, name in enumerate(known):
        if name not in admitted:
            yield (
                ("leaves", index, "name"),
                f"the leaf {name!r} is admitted by no transformation, so it can never be asked; name it "
                "in the leaves of at least one",
            )
