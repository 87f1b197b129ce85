"""JSON objects in a model's text: read as they were meant, and never one of two that disagree."""

import json
import re
from collections.abc import Iterator
from typing import Any

from .escapes import CONTROL, mend

_BEGINS = re.compile(r"\{\s*[\"}]")
_MOST = 100
"""Objects looked at in one text: a reply holds one."""


def find_object(text: str, fields: frozenset[str]) -> dict[str, Any]:
    """Return the object with some of the fields that a text holds, in a code fence, a list or prose.

    Raises:
        ValueError: there is none, one is broken off or names a key twice with different values, or
            there are several and they disagree.
    """
    found = [o for o in _objects(CONTROL.sub("", text)) if not fields.isdisjoint(o)]
    if not found:
        raise ValueError(f"no JSON object with {', '.join(sorted(fields))}")
    if any(other != found[0] for other in found[1:]):
        raise ValueError("several JSON objects that disagree; give one")
    return found[0]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a text that stand in no other; a brace of prose is none."""
    begins = _BEGINS.search(text)
    if begins is None:
        return
    rest = mend(text[begins.start() :])
    at = 0
    for _ in range(_MOST):
        begins = _BEGINS.search(rest, at)
        if begins is None:
            return
        try:
            value, at = _DECODER.raw_decode(rest, begins.start())
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        yield value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made and made[key] != value:
            raise ValueError(f"the key {key!r} stands twice, with different values")
        made[key] = value
    return made


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


# Not strict: line breaks within strings are what was meant.
_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, strict=False)
