"""Replies in lines, `name: value`: what a small model can write where no grammar holds it to JSON.

    direction: Ask also who lit the lamp.
    goal: add_condition

Lists have an entry a line, after a dash. A reply of one value is that value, without a name; one of
numbers alone is one line.
"""

import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Union, get_origin

from pydantic import BaseModel

from ..replies import ReplyBody

_NAMED = re.compile(r"[\s*#>\"'`-]*(\w+)[\s*\"'`]*:\s*(.*)")
_ENTRY = re.compile(r"\s*(?:[-*•]|\d+[.)]|[a-fA-F][.)])\s+(.*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_BLANK = "…"
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


class ShortReply(ReplyBody):
    """Some fields of a reply, as a small model is asked for; it may also be written in lines."""


def in_lines(values: Mapping[str, Any]) -> str:
    """Return a reply's values as lines."""
    if (alone := _alone(values)) is not None:
        return alone
    return (", " if _numbers(values) else "\n").join(_written(values))


def asked_in_lines(values: Mapping[str, Any], *, shown: bool = True) -> str:
    """Return the words that ask for a reply like an example, which was `shown` or not."""
    words = "Answer as before" if shown else "Answer"
    if _alone(values) is not None:
        return f"{words}, with that alone."
    if _numbers(values):
        # The prompt ends with its question, and whatever stands after that leads away from the form.
        return (
            ""
            if shown
            else f"{words}, in this line: {', '.join(f'{name}: {_BLANK}' for name in values)}"
        )
    blank = {
        name: value if isinstance(value, list | Mapping) else _BLANK
        for name, value in values.items()
    }
    return f"{words}, in these lines:\n" + "\n".join(_written(blank))


def may_be_lines(reply: type[BaseModel]) -> bool:
    """Return whether a reply can be written in lines: no list in it holds anything but texts."""
    if not issubclass(reply, ShortReply):
        return False
    return all(
        kind in (str, bool, int, float) or kind == list[str] or _part(kind) or _choice(kind)
        for kind in (field.annotation for field in reply.model_fields.values())
    )


def read_lines(text: str, reply: type[BaseModel]) -> dict[str, Any]:
    """Return the values that a text in lines holds; what it does not tell is left out, a list is empty."""
    kinds = dict(_kinds(reply))
    texts = [name for name, kind in kinds.items() if kind is str]
    if len(kinds) == 1 and (name := next(iter(kinds))) in reply.model_fields:
        if kinds[name] != list[str]:
            return {name: _value(_paragraph(_unnamed(text, name)), kinds[name])}
    if all(kind in (int, float) for kind in kinds.values()):
        return _counted(text, [*kinds])
    told = _told(text, kinds, texts[0] if texts else "")
    return _gathered(reply, told)


def _counted(text: str, names: list[str]) -> dict[str, float]:
    """Return the number that stands after each name; none where there are several that differ."""
    found: dict[str, float] = {}
    for name in names:
        tokens = re.findall(rf"\b{name}[\s*\"'`:=]{{1,6}}([-\d][\d.%]*)", text)
        told = {token.rstrip(".") for token in tokens}
        number = told.pop() if len(told) == 1 else ""
        if _NUMBER.fullmatch(number):
            found[name] = float(number)
    return found


def _numbers(values: Mapping[str, Any]) -> bool:
    """Return whether all values are numbers."""
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values.values())


def _alone(values: Mapping[str, Any]) -> str | None:
    """Return the one value that there is, None for several or a list."""
    told = [*_written(values)]
    return told[0].partition(": ")[2] if len(told) == 1 and ": " in told[0] else None


def _written(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _written(value)
        elif isinstance(value, list):
            yield f"{name}:"
            yield from (f"- {one}" for one in value)
        else:
            yield f"{name}: {str(value).lower() if isinstance(value, bool) else value}"


def _part(kind: Any) -> type[BaseModel] | None:
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _choice(kind: Any) -> bool:
    return get_origin(kind) not in (None, list, dict, Union, UnionType)


def _kinds(reply: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Yield every name that may begin a line, with the type of its value."""
    for name, field in reply.model_fields.items():
        if part := _part(field.annotation):
            yield from _kinds(part)
        else:
            yield name, field.annotation


def _told(text: str, kinds: Mapping[str, Any], first: str) -> dict[str, list[str]]:
    """Return the lines of each name; those before any name are the first text's."""
    told: dict[str, list[str]] = {}
    at = first
    for line in text.splitlines():
        named = _NAMED.match(line)
        if named and named[1].lower() in kinds:
            at, line = named[1].lower(), named[2]
            if at in told:
                break  # it begins anew
        told.setdefault(at, []).append(line)
    return told


def _gathered(reply: type[BaseModel], told: Mapping[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in reply.model_fields.items():
        if part := _part(field.annotation):
            found[name] = _gathered(part, told)
        elif field.annotation == list[str]:
            found[name] = _entries(told.get(name, []))
        elif name in told:
            found[name] = _value(_paragraph("\n".join(told[name])), field.annotation)
    return found


def _value(text: str, kind: Any) -> Any:
    """Return what a line says, as its type; the text itself where it says nothing of the kind."""
    if kind is bool:
        words = re.findall(r"\w+", text.lower())
        return _TRUTH.get(words[0], text) if words else text
    if kind in (int, float):
        number = _NUMBER.match(text)
        return float(number[0]) if number else text
    return text if kind is str else text.strip(" .\"'`")


def _entries(lines: list[str]) -> list[str]:
    """Return the entries of a list: after dashes, or parted by commas on one line."""
    entries = [found[1].strip() for line in lines if (found := _ENTRY.match(line))]
    if entries or not lines:
        return entries
    return [one for part in lines[0].split(",") if (one := part.strip(" \"'[]"))]


def _unnamed(text: str, name: str) -> str:
    named = _NAMED.match(text.lstrip())
    return text.lstrip()[named.start(2) :] if named and named[1].lower() == name else text


def _paragraph(text: str) -> str:
    """Return a text up to its first empty line, without quotes around it."""
    first = re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].strip()
    return first[1:-1] if len(first) > 1 and first[0] == first[-1] == '"' else first
