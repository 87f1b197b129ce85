"""What no request, store or table may hold: lone surrogates and NULs become U+FFFD, keys a mask.

Models write them, as letters or as escapes in JSON: half an emoji where their tokens ran out. The
reply stands in for what was meant as far as it can be told; nothing behind the door sees them.
"""

import json
import re
from dataclasses import replace
from typing import Any

import orjson

from .call import Reply
from .secrets import mask_known

_UNFIT = re.compile(r"[\ud800-\udfff\x00]")
_SOME = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u(?:[dD][89a-fA-F]..|0000))|\\.", re.DOTALL
)

_ALIVE = re.compile(r"\A(?:\s*:[^\n]*\n)+")
"""Comments that gateways send while they wait for the reply."""
_CALL = ("id", "name", "arguments")


def sound(reply: Reply) -> Reply:
    """Return a reply with what can be sent and stored, and no key; mostly the very same one."""
    calls = tuple(
        call.model_copy(update={name: _sound(getattr(call, name)) for name in _CALL})
        for call in reply.tool_calls
    )
    text, thoughts = _sound(reply.text), _sound(reply.thoughts)
    same = (text, thoughts, calls) == (reply.text, reply.thoughts, reply.tool_calls)
    return reply if same else replace(reply, text=text, thoughts=thoughts, tool_calls=calls)


def _sound(text: str) -> str:
    text = mask_known(text)
    return text if text.isascii() and "\0" not in text else _UNFIT.sub("\ufffd", text)


def read_json(body: bytes) -> Any:
    """Return the JSON in a body.

    A byte order mark, comments before it, half an emoji, NaN and numbers beyond all others cost nothing.

    Raises:
        ValueError: it holds none.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = sound_json(_ALIVE.sub("", body.decode("utf-8-sig", "replace")))
    try:
        return json.loads(text, parse_int=_whole)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _whole(digits: str) -> int | float:
    """Return a number; one of so many digits that none is meant by them is just large."""
    return int(digits) if len(digits) < 100 else float("inf")


def sound_json(body: str) -> str:
    """Return JSON text whose escapes stand for such characters only; whole pairs stay as they are."""
    if not _SOME.search(body):
        return body
    return _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], body)
