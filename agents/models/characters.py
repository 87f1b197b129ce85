"""Characters that no request, store or table can hold: lone surrogates and NULs become U+FFFD.

Models write them, as letters or as escapes in JSON: half an emoji where their tokens ran out. The
reply stands in for what was meant as far as it can be told; nothing behind the door sees them.
"""

import re
from dataclasses import replace

from .call import Reply

_UNFIT = re.compile(r"[\ud800-\udfff\x00]")
_SOME = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u(?:[dD][89a-fA-F]..|0000))|\\.", re.DOTALL
)

_CALL = ("id", "name", "arguments")


def sound(reply: Reply) -> Reply:
    """Return a reply with characters only that can be sent and stored; mostly the very same one."""
    calls = tuple(
        call.model_copy(update={name: _sound(getattr(call, name)) for name in _CALL})
        for call in reply.tool_calls
    )
    text, thoughts = _sound(reply.text), _sound(reply.thoughts)
    same = (text, thoughts, calls) == (reply.text, reply.thoughts, reply.tool_calls)
    return reply if same else replace(reply, text=text, thoughts=thoughts, tool_calls=calls)


def _sound(text: str) -> str:
    return text if text.isascii() and "\0" not in text else _UNFIT.sub("\ufffd", text)


def sound_json(body: str) -> str:
    """Return JSON text whose escapes stand for such characters only; whole pairs stay as they are."""
    if not _SOME.search(body):
        return body
    return _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], body)
