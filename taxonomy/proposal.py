"""Proposed leaves: what a model wrote becomes a leaf only if it holds what a shipped one holds.

leaf_of(base, {"name": ..., "title": ..., "definition": ..., "rubric": ...})
fault(skill, leaf)   # "" where it may be asked, on trial
"""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from .skill import Leaf, Skill

ALIKE = 0.9
"""Share of two definitions' words that they have in common, from which one repeats the other."""
_LONGEST = {"name": 80, "title": 80, "definition": 600, "rubric": 600}
_MARKUP = re.compile(r"[<>{}|`\\\x00-\x1f]")
"""What could end a section of a prompt, be taken for a template, or stand on a second line."""


def leaf_of(base: Leaf, told: Mapping[str, str]) -> Leaf:
    """Return a leaf in the form of another: its answers, options, checker and tools are the same.

    Raises:
        ValueError: field and value found, of the first thing that is wrong.
    """
    words = {name: " ".join(told.get(name, "").split()) for name in _LONGEST}
    for field, text in words.items():
        if not text:
            raise ValueError(f"{field} is empty")
        if len(text) > _LONGEST[field]:
            raise ValueError(f"{field} has {len(text)} characters, more than {_LONGEST[field]}")
        if found := _MARKUP.search(text):
            raise ValueError(f"{field} holds {found[0]!r}, which is markup")
    try:
        return Leaf.model_validate(base.model_dump() | words | {"retired": False})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def fault(skill: Skill, leaf: Leaf, *, instead_of: str = "") -> str:
    """Return why a leaf may not be asked in a skill, or the empty string.

    Where it is to replace one, that one is no neighbour of it.
    """
    if leaf.name in {known.name for known in skill.leaves}:
        return f"the name {leaf.name} is taken"
    if leaf.expected_behaviour not in skill.expected:
        return f"no behaviour {leaf.expected_behaviour!r}; known: {', '.join(skill.expected)}"
    for known in skill.leaves:
        if known.name != instead_of and alike(known.definition, leaf.definition) >= ALIKE:
            return f"its definition repeats that of {known.name}"
    return ""


def alike(one: str, other: str) -> float:
    """Return the share of two texts' words that they have in common, 0 to 1."""
    a, b = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(a & b) / len(a | b) if a | b else 1.0


def joined(one: Leaf, other: Leaf) -> Leaf:
    """Return one leaf that asks for what two of the same form ask for."""
    return one.model_copy(
        update={
            "name": f"{one.name}_or_{other.name}",
            "title": f"{one.title} or {other.title}",
            "definition": f"{one.definition} Or: {other.definition}",
            "rubric": f"{one.rubric} Or, as the task may be: {other.rubric}",
        }
    )


_FORM = (
    "answer_form",
    "options",
    "objective",
    "expected_behaviour",
    "checker",
    "check_terms",
    "check_replacements",
    "tools",
    "gives",
)


def same_form(one: Leaf, other: Leaf) -> bool:
    """Return whether two leaves differ in words only."""
    return all(getattr(one, field) == getattr(other, field) for field in _FORM)
