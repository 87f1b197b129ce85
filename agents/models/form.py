"""The form of a reply in words, for models that are not told it by a field: filled in, not described.

Small models echo a schema where they are shown one; what is filled in already they imitate.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from pydantic import BaseModel

from ..examples import EXAMPLES
from ..records import Turn
from ..replies import strict_schema
from .lines import asked_in_lines, in_lines, may_be_lines

Turns = tuple[Turn, ...]
_EXAMPLE = 2
"""Where the answer to a small model's example stands, after system turn and example."""
BLANK = "…"
"""Stands for a text."""
CHOICE = " | "
"""Stands between texts of which one is chosen."""
_CHOICES = 6
"""Choices shown; where there are more, the prompt lists them."""
_SHOWN = 2
"""Entries shown of a list."""


def told(turns: Turns, reply: type[BaseModel], mode: str) -> Turns:
    """Return the turns with the form of the reply at the end of the system turn.

    Many templates allow only one of those.
    """
    if turns and turns[0].role == "system":
        return (Turn(role="system", content=f"{turns[0].content}\n\n{form(reply)}"), *turns[1:])
    return (Turn(role="system", content=form(reply)), *turns)


def told_small(turns: Turns, reply: type[BaseModel], mode: str) -> Turns:
    """Return the turns with the form at their end: in lines, as its example, where no JSON has to be."""
    *before, last = turns
    words = short_form(reply)
    shown = next((n for n, turn in enumerate(turns) if turn.role == "assistant"), None)
    if shown in (_EXAMPLE, None) and mode == "prompt" and may_be_lines(reply):
        example = orjson.loads(turns[shown].content) if shown else example_of(reply)
        if shown:
            before[shown] = turns[shown].model_copy(update={"content": in_lines(example)})
        words = asked_in_lines(example, shown=shown is not None) if example else words
    said = f"{last.content}\n\n{words}" if words else last.content
    return (*before, last.model_copy(update={"content": said}))


@cache
def form(reply: type[BaseModel]) -> str:
    """Return the words that ask for a reply type: its form with blanks, and one example."""
    said = (
        f"Reply with one JSON object ({reply.__name__}) and nothing else: no prose, no code fence."
    )
    words = f"{said} Its form:\n{shape(reply)}"
    example = example_of(reply)
    return f"{words}\nAn example, about something else:\n{_dumped(example)}" if example else words


def short_form(reply: type[BaseModel]) -> str:
    """Return the same in few words: a small model is shown an example in turns of its own."""
    return f"Reply with one JSON object and nothing else, in this form:\n{shape(reply)}"


@cache
def shape(reply: type[BaseModel]) -> str:
    """Return a reply of a type with blanks for what is to be written."""
    schema = strict_schema(reply)
    return _dumped(_filled(schema, schema.get("$defs", {})))


@cache
def example_of(reply: type[BaseModel]) -> Mapping[str, Any]:
    """Return a filled reply of a type, with the fields that the type has; empty where none is known."""
    schema = strict_schema(reply)
    example = _fitting(EXAMPLES.get(reply.__name__, {}), schema, schema.get("$defs", {}))
    return example if example.keys() == schema["properties"].keys() else {}


def _dumped(value: Any) -> str:
    return orjson.dumps(value).decode()


def _filled(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Any:
    """Return a value of a schema in which blanks stand for what is to be written."""
    schema = _plain(schema, defs)
    names = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if names:
        if not isinstance(names[0], str):
            return names[len(names) // 2]
        return CHOICE.join(names) if len(names) <= _CHOICES else names[0]
    if schema.get("type") == "object":
        return {name: _filled(sub, defs) for name, sub in schema["properties"].items()}
    if schema.get("type") == "array":
        one = _filled(schema["items"], defs)
        count = 1 if isinstance(one, dict) else _SHOWN
        return [one] * _between(count, schema)
    return {"boolean": True, "number": 1, "integer": 1}.get(schema.get("type", ""), BLANK)


def _fitting(value: Any, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Any:
    """Return an example without the fields that a schema does not have, its choices among those allowed."""
    schema = _plain(schema, defs)
    if isinstance(value, dict):
        subs = schema.get("properties", {})
        return {name: _fitting(value[name], subs[name], defs) for name in subs if name in value}
    if isinstance(value, list):
        shown = value[: _between(_SHOWN, schema)]
        return [_fitting(one, schema.get("items", {}), defs) for one in shown]
    allowed = schema.get("enum") or [schema.get("const", value)]
    return value if value in allowed else allowed[0]


def _between(count: int, schema: Mapping[str, Any]) -> int:
    return int(max(schema.get("minItems", 0), min(count, schema.get("maxItems", count))))


def _plain(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema itself where another one only names it."""
    return defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
