"""From a model's text to a typed reply: parsed strictly, repaired once, else a recorded failure."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import ReplyError
from ..records import Turn
from .call import Call, Reply
from .characters import sound_json
from .escapes import CONTROL, mend
from .lines import ShortReply, may_be_lines, read_lines

R = TypeVar("R", bound=BaseModel)


def parse_reply(text: str, reply_type: type[R]) -> R:
    """Return the reply in a text: one JSON object of that type, whatever stands around it; or lines.

    Raises:
        ValueError: it holds none, or several that disagree.
    """
    try:
        found = find_object(sound_json(text), frozenset(reply_type.model_fields))
    except ValueError:
        if may_be_lines(reply_type) and "{" not in text:
            return reply_type.model_validate(read_lines(text, reply_type))
        raise
    return reply_type.model_validate(found)


def parses(text: str, reply_type: type[BaseModel]) -> bool:
    """Return whether a text holds a reply of a type."""
    try:
        parse_reply(text, reply_type)
    except ValueError:
        return False
    return True


class Asked(Protocol):
    """What `ask` needs of the door."""

    async def complete(self, call: Call) -> Reply:
        """Return the reply to one call."""
        ...

    async def strike(self, call: Call) -> str:
        """Serve the reply to a call no more: it was paid, and cannot be used; returns its key."""
        ...


async def ask(door: Asked, call: Call, reply_type: type[R]) -> tuple[R, Reply]:
    """Make a structured call; where its reply does not parse, show the model why and ask once more.

    A reply that was cut off is not shown: it would be written on, and cut off again.

    Raises:
        ReplyError: the second reply does not parse either. Both are asked anew on a resume.
    """
    call = replace(call, reply_type=reply_type)
    reply = await door.complete(call)
    try:
        return parse_reply(reply.text, reply_type), reply
    except ValueError as error:
        again = _shorter(call, reply) if reply.cut else _mended(call, reply, _explain(error))
    reply = await door.complete(again)
    try:
        return parse_reply(reply.text, reply_type), reply
    except ValueError as error:
        keys = (await door.strike(call), await door.strike(again))
        why = _explain(error)
        if reply.cut:
            cap = f"models.{call.alias}.max_tokens"
            more = 2 * max(reply.cap, reply.tokens_out)
            why = f"cut off at {reply.tokens_out:,} tokens; raise {cap}: --set {cap}={more}"
        failed = ReplyError(
            f"{call.alias} as {call.role}: the reply cannot be used: {why}; "
            f"it began {reply.text[:80]!r}"
        )
        failed.alias, failed.calls = call.alias, keys
        raise failed from error


def _mended(call: Call, reply: Reply, why: str) -> Call:
    """Return the call that shows a model its reply and what is wrong with it."""
    assert call.reply_type is not None
    short = issubclass(call.reply_type, ShortReply)
    repair = Turn(
        role="user",
        content=f"That reply does not parse as {call.reply_type.__name__} ({why}). Reply again with "
        f"nothing but the corrected {'one' if short else 'JSON object'}.",
    )
    said = Turn(role="assistant", content=reply.text)
    return replace(call, turns=(*call.turns, said, repair), repairs=1)


def _shorter(call: Call, reply: Reply) -> Call:
    """Return the call that asks a model anew whose reply was cut off."""
    words = max(20, len(reply.text.split()) // 2)
    note = (
        f"An earlier reply was cut off before its end. Keep to about {words} words in all: short values, "
        "nothing said twice."
    )
    *before, last = call.turns
    return replace(
        call,
        turns=(*before, last.model_copy(update={"content": f"{last.content}\n\n{note}"})),
        repairs=1,
    )


def _explain(error: ValueError) -> str:
    """Return the first three findings, each with its field."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_input=False)[:3]
    return "; ".join(f"{_place(e['loc'])}: {e['msg']}" for e in found)


def _place(parts: tuple[int | str, ...]) -> str:
    return f"field {'.'.join(map(str, parts))}" if parts else "reply"


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
