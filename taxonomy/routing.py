"""Routing: which transformations and leaves of a skill a document is fit for. Pure.

A leaf, a transformation or a whole skill says in its YAML what a document has to have (`needs: [numbers]`).
What it lacks is not forced on it, except for a share of tries off the route: what seems unfit may do well.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from random import Random

from .skill import Leaf, Skill, Trait, Transformation

LONG = 250
"""Words from which a document is long."""
FEW_NUMBERS = 3
"""Different numbers from which there is something to count or compare."""
_ITEMS = 3
"""Lines that make a list."""
_COUNTED = re.compile(
    r"(?m)^[^\S\n]*+(?:#{1,6}[^\S\n]+\d[\d.]*|\[?\d{1,2}(?:\.\d{1,2})*[.)\]])(?=[^\S\n])"
)
"""What only counts headings, items and notes."""
_FIGURE = re.compile(r"(?<![\w.])(?<!\w[(-])\d(?:[\d.,:/]*\d)?")
"""A number that says something by itself: no part of a name (`gcc4`, `deb(5)`, `UTF-8`)."""


def _numbers(text: str) -> bool:
    return len(set(_FIGURE.findall(_COUNTED.sub("", text)))) >= FEW_NUMBERS


def _words(text: str) -> bool:
    return len(text.split()) >= LONG


def _rows(text: str) -> bool:
    rows = (line.strip() for line in text.splitlines())
    found = [row for row in rows if row[:1] == row[-1:] == "|" and row.count("|") > 2]
    return len(found) >= _ITEMS


def _fenced(text: str) -> bool:
    return re.search(r"(?m)^(```|~~~)", text) is not None


def _quoted(text: str) -> bool:
    return re.search(r"[\"“«„][^\"“”«»\n]{8,}[\"”»“]", text) is not None


def _list(text: str) -> bool:
    return len(re.findall(r"(?m)^[^\S\n]*+(?:[-*•]|\d{1,2}[.)])[^\S\n]++\S", text)) >= _ITEMS


_SIGNS: dict[Trait, Callable[[str], bool]] = {
    "long": _words,
    "numbers": _numbers,
    "table": _rows,
    "code": _fenced,
    "quotes": _quoted,
    "list": _list,
}
"""What shows a trait in a text, whatever kind of document it is."""


def traits(text: str, kind: str) -> frozenset[str]:
    """Return what a document has: the trait of its kind, and those that its text shows."""
    return frozenset({kind, *(name for name, shows in _SIGNS.items() if shows(text))})


@dataclass(frozen=True, slots=True)
class Route:
    """What of a skill may be asked of a document."""

    ways: Mapping[str, tuple[Leaf, ...]]
    """Leaves by transformation; none where nothing fits."""
    why: str = ""
    """Why nothing fits."""


def route(skill: Skill, has: Collection[str], explore: float, draw: str) -> Route:
    """Return the route of a document with these traits.

    `explore` is the share of what it is unfit for that is tried all the same; `draw` seeds which.
    """

    def takes(part: Skill | Leaf | Transformation) -> bool:
        off = set(part.needs) - set(has)
        return not off or Random(f"{draw}/{type(part).__name__}/{part.name}").random() < explore

    if not takes(skill):
        return Route({}, f"{skill.name} needs {_told(set(skill.needs) - set(has))}")
    fit = {leaf.name for leaf in skill.in_force if takes(leaf)}
    ways = {
        way.name: leaves
        for way in skill.transformations
        if takes(way) and (leaves := tuple(x for x in skill.admissible(way) if x.name in fit))
    }
    if ways:
        return Route(ways)
    parts: tuple[Leaf | Transformation, ...] = (*skill.transformations, *skill.in_force)
    lacking = {need for part in parts for need in part.needs} - set(has)
    return Route({}, f"no leaf of {skill.name} fits: they need {_told(lacking)}")


def _told(needs: Collection[str]) -> str:
    return ", ".join(sorted(needs))
