"""Loading a skill from its YAML file: everything that is wrong is said at once, with file and line.

What a skill says amiss: names used twice, named and not there, never asked; texts that say nothing.
"""

import re
import reprlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from difflib import get_close_matches
from functools import cache, reduce
from operator import getitem
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ValidationError

from .finding import FOLDER, skill_path, unknown
from .lines import Location, compose, line_of, load, text_of
from .plain import taken, unstorable
from .skill import SLUG, Goal, Leaf, Skill, SkillPrompts, Transformation

if TYPE_CHECKING:
    from .skill import Skill


class SkillError(ValueError):
    """A skill's file is wrong: a line for each mistake."""

    def __init__(self, words: str, rest: Skill | None) -> None:
        super().__init__(words)
        self.rest = rest
        """What could be read of the skill all the same, so that more can be said of it."""


@cache
def load_skill(name: str) -> Skill:
    """Return a shipped skill, one that an installed package brings, or one at a path that ends in `.yaml`.

    Raises:
        ValueError: naming the file, the line or field, the value found and what is allowed, of everything
            that is wrong: a line each.
    """
    path = skill_path(name)
    if not isfile(path) or not (path == Path(name) or re.fullmatch(SLUG, name)):
        raise ValueError(unknown(name))
    try:
        text = text_of(path)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: not UTF-8 text ({error.reason} at byte {error.start})"
        ) from error
    return parse_skill(text, path)


def parse_skill(text: str, path: Path) -> Skill:
    """Read one skill file; raises ValueError as `load_skill` does."""
    node = compose(text, path)
    data = load(text, path)
    if not isinstance(data, dict):
        what = "is empty" if data is None else f"holds a {type(data).__name__}"
        raise ValueError(
            f"{path}: {what}; a skill is a YAML file of fields: {', '.join(Skill.model_fields)}"
        )
    try:
        skill = Skill.model_validate(data)
    except RecursionError as error:
        raise ValueError(f"{path}: {error}") from error
    except ValidationError as error:
        found = _first(error.errors())
        told = [(e["loc"], _describe(e["loc"], e)) for e in found]
        raise _wrong(told, _mended(data, found), node, path) from error
    odd = [
        (loc, f"{'.'.join(map(str, loc))}: must be {needs}, found {_SHORT.repr(value)}")
        for loc, value, needs in (*taken(data, skill.model_dump()), *unstorable(data))
    ]
    if odd or list(name_faults(skill)):
        raise _wrong(odd, skill, node, path)
    about = f"{skill.title}: {skill.description.strip()}\n{skill.advice.strip()}".strip()
    skill = skill.model_copy(update={"prompts": skill.prompts.telling(about)})
    return skill if path.parent == FOLDER else _own_prompts(skill, path)


def _wrong(
    told: list[tuple[Location, str]], rest: Skill | None, node: yaml.Node | None, path: Path
) -> SkillError:
    """Return the error that tells what is wrong, also with the names of what could be read."""
    if rest is not None:
        told = [*told, *name_faults(rest)]
        rest = _own_prompts(rest, path)
    lines = (f"{path}:{line_of(node, loc)}: {words}" for loc, words in told)
    return SkillError("\n".join(dict.fromkeys(lines)), rest)


def _mended(data: Any, found: Sequence[Any]) -> Skill | None:
    """Return a skill with what is wrong left out or filled in, so that the rest can be looked at too."""
    data = deepcopy(data)
    for error in found:
        _mend(data, error["loc"])
    try:
        return Skill.model_validate(data)
    except ValidationError as error:
        # What did not go together could not be seen before each part was right.
        more = [e for e in error.errors() if len(e["loc"]) == 2]
        return _mended(data, more) if more and more != found else None


def _mend(data: Any, loc: Location) -> None:
    """Leave a field out, or fill it in; of a whole leaf and its like, all fields that may be left out."""
    *way, last = loc[:3] if loc[0] in _LISTS else loc[:2] if loc[0] == "prompts" else loc[:1]
    place, owner = reduce(getitem, way, data), _PARTS[way[0]] if way else Skill
    if isinstance(place, list):
        place = place[int(last)]
    if not isinstance(place, dict):
        return  # nothing of it can be left out
    fields = owner.model_fields
    for name in fields if isinstance(last, int) else [str(last)]:
        required = name in fields and fields[name].is_required()
        if required and not isinstance(last, int):
            place[name] = _FILLED.get(name, "missing")
        elif not required:
            place.pop(name, None)  # an alias, or an error before this one, may have been met


def _first(found: Sequence[Any]) -> list[Any]:
    """Return the errors but those that follow from others: a list is short of what is wrong in it."""
    lists = {error["loc"][0] for error in found if len(error["loc"]) > 1}
    return [e for e in found if not (e["type"] == "too_short" and e["loc"][0] in lists)]


def _own_prompts(skill: Skill, path: Path) -> Skill:
    """Return a pack's skill with the prompts that stand beside its file."""
    files = {
        part: file.model_copy(update={"folder": str(path.parent)})
        if (path.parent / f"{file.name}.j2").is_file()
        else file
        for part, file in skill.prompts
    }
    return skill.model_copy(update={"prompts": SkillPrompts(**files)})


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200
# An alias in a file can stand for more than fits in memory.
_PARTS: dict[str | int, type[BaseModel]] = {
    "transformations": Transformation,
    "leaves": Leaf,
    "goals": Goal,
    "prompts": SkillPrompts,
}
_LISTS = ("transformations", "leaves", "goals")
_FILLED = {"seed_kinds": ["text"]}
"""What stands in for a field that has to be there, where a word does not do."""


def _describe(loc: Location, error: Any) -> str:
    """Say in one line what pydantic found wrong, with what was found and what is allowed."""
    where = ".".join(map(str, loc)) or "the file"
    if error["type"] == "missing":
        return f"{where}: this field is required"
    if error["type"] == "extra_forbidden":
        owner = Skill if len(loc) == 1 else _PARTS[loc[0]]
        near = get_close_matches(str(loc[-1]), owner.model_fields, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"{where}: no such field; {hint}allowed here: {', '.join(owner.model_fields)}"
    if error["type"] == "value_error":
        return f"{where}: {error['ctx']['error']}"
    if error["type"] == "string_pattern_mismatch":
        wanted = "small letters, digits and underscores, beginning with a letter"
    elif error["type"] == "tuple_type":
        wanted = "a list, as in [text]"
    elif error["type"] == "model_type":
        wanted = "a section of fields"
    elif error["type"] == "string_too_long":
        wanted = f"at most {error['ctx']['max_length']} characters long"
    elif error["type"].startswith("bool"):
        wanted = "true or false"
    else:
        wanted = error["msg"].removeprefix("Input should be ").replace("a valid ", "a ")
    shown = "nothing" if error["input"] is None else _SHORT.repr(error["input"])
    return f"{where}: must be {wanted}, found {shown}"


Fault = tuple[Location, str]
"""Where in a skill, and what is wrong there."""


def name_faults(skill: "Skill") -> Iterator[Fault]:
    """Yield all that is wrong with the names that a skill gives and uses, and what says or draws nothing."""
    yield from _blank(skill)
    if skill.levels and not any(skill.levels):
        yield ("levels",), "levels: all shares are 0, so that no level could be drawn"
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
    told += [(("behaviours", name), text) for name, text in skill.behaviours.items()]
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
