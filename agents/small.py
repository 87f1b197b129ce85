"""Asking a small model: as few fields as the role needs, and a passage as plain text.

What the role knows already (the label of a type, the options that stay) is not asked for and filled in.
"""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from .errors import ReplyError
from .models.call import Call, Reply
from .models.form import example_of
from .models.lines import ShortReply
from .models.structured import Asked, ask
from .records import Turn

R = TypeVar("R", bound=BaseModel)
Schema = Mapping[str, Any]
_LONGEST = 400
"""Characters of a text in a small model's reply."""
_KNOWN_AGAIN = 5
"""Words of a sentence from which on it is no chance that an example has it too."""
_LONG = "passage"
"""The field that is asked for as plain text, where it is all that is asked for."""
_END = re.compile(r"[.!?。！？][\"')\]»”]*(?=\s|\Z)")


async def ask_small(
    door: Asked,
    call: Call,
    reply_type: type[R],
    known: Mapping[str, Any],
    bounds: Mapping[str, Schema],
) -> tuple[R, Reply]:
    """Make a structured call for what is not `known`; `bounds` narrow the schemas of fields.

    Where the call has three turns, the second is a request like it, and is answered by the example. A model
    that hands back a sentence of either is asked once more, and shown none.

    Raises:
        ReplyError: what came back does not parse after one repair, or is the example.
    """
    fields = {name: f for name, f in reply_type.model_fields.items() if name not in known}
    known = {name: value for name, value in known.items() if name in reply_type.model_fields}
    # Text before structure: what is thought of first is written first.
    names = sorted(fields, key=lambda name: fields[name].annotation is not str or name in bounds)
    asked = slim(reply_type, orjson.dumps({name: bounds.get(name, {}) for name in names}))
    plain = names == [_LONG]
    example = example_of(asked)
    answer = orjson.dumps(example).decode() if example else ""
    answer = str(example.get(_LONG, "")) if plain else answer
    strange = {*_marks([turn.content for turn in call.turns[1:-1]]), *_marks(example)}
    keys: list[str] = []
    for shown in dict.fromkeys((answer, "")):
        tried = _shown(call, shown)
        if plain:
            reply = await door.complete(tried)
            told: Mapping[str, Any] = {_LONG: _ended(reply)}
        else:
            tried = replace(tried, reply_type=asked)
            found, reply = await ask(door, tried, asked)
            told = found.model_dump()
        if strange.isdisjoint(_marks(told)):
            return _whole(call, reply_type, {**known, **told}), reply
        keys.append(await door.strike(tried))
    failed = ReplyError(f"{call.alias} as {call.role}: handed the example back")
    failed.alias, failed.calls = call.alias, tuple(keys)
    raise failed


def _shown(call: Call, answer: str) -> Call:
    """Return a call whose example has its answer; without its example where there is none."""
    first, *shown, last = call.turns
    if not shown or not answer:
        return replace(call, turns=(first, last))
    return replace(call, turns=(first, *shown, Turn(role="assistant", content=answer), last))


@cache
def slim(reply_type: type[BaseModel], bounds: bytes) -> type[ShortReply]:
    """Return a reply type with the fields that have bounds alone, in their schema only.

    What breaks them all the same is for the role and the gate to judge.
    """
    fields: dict[str, Any] = {}
    for name, narrow in orjson.loads(bounds).items():
        whole = reply_type.model_fields[name]
        own = {"maxLength": _LONGEST} if whole.annotation is str else {}
        fields[name] = (whole.annotation, _narrowed(whole, {**own, **narrow}))
    made: type[ShortReply] = create_model(reply_type.__name__, __base__=ShortReply, **fields)
    return made


def _narrowed(whole: FieldInfo, narrow: Schema) -> FieldInfo:
    if not narrow:
        return whole
    field = copy(whole)

    def put(schema: dict[str, Any]) -> None:
        schema.pop("$ref", None)
        schema.update(narrow)

    field.json_schema_extra = put
    return field


def _whole(call: Call, reply_type: type[R], values: Mapping[str, Any]) -> R:
    try:
        return reply_type.model_validate(values)
    except ValueError as error:
        raise ReplyError(f"{call.alias} as {call.role}: {error}") from error


def _ended(reply: Reply) -> str:
    """Return a text; one that was cut off ends with its last whole sentence."""
    text = reply.text.strip()
    ends = [found.end() for found in _END.finditer(text)] if reply.cut else []
    return text[: ends[-1]] if ends else text


def _marks(said: Any) -> Iterator[str]:
    """Yield what a reply is known again by: the words of its longer sentences, and its lists of texts."""
    if isinstance(said, str):
        for part in _END.split(said):
            words = re.findall(r"\w+", part.lower())
            if len(words) >= _KNOWN_AGAIN:
                yield " ".join(words)
    elif isinstance(said, Mapping | list):
        if isinstance(said, list) and said and all(isinstance(one, str) for one in said):
            yield repr(said)
        for one in said.values() if isinstance(said, Mapping) else said:
            yield from _marks(one)
