"""From a model's text to a typed reply: parsed strictly, repaired once, else a recorded failure."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import ReplyError
from ..records import Turn
from .call import Call, Reply

R = TypeVar("R", bound=BaseModel)
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)


def parse_reply(text: str, reply_type: type[R]) -> R:
    """Return the reply; a code fence around the whole JSON or prose before and after it are removed.

    Raises:
        ValidationError: the text holds no JSON object of that type.
    """
    fenced = _FENCE.match(text)
    body = fenced[1] if fenced else text
    start, end = body.find("{"), body.rfind("}")
    if start > 0 or end != len(body) - 1:
        body = body[start : end + 1] if 0 <= start < end else body
    return reply_type.model_validate_json(body)


def _explain(error: ValidationError) -> str:
    """Return the first three findings as `field: message`."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'reply'}: {e['msg']}"
        for e in error.errors(include_url=False, include_input=False)[:3]
    )


async def ask(
    complete: Callable[[Call], Awaitable[Reply]], call: Call, reply_type: type[R]
) -> tuple[R, Reply]:
    """Make a structured call; where its reply does not parse, show the model why and ask once more.

    Raises:
        ReplyError: the second reply does not parse either.
    """
    call = replace(call, reply_type=reply_type)
    reply = await complete(call)
    try:
        return parse_reply(reply.text, reply_type), reply
    except ValidationError as error:
        why = _explain(error)
    repair = Turn(
        role="user",
        content=f"That reply does not parse as {reply_type.__name__} ({why}). "
        "Reply again with nothing but the corrected JSON object.",
    )
    said = Turn(role="assistant", content=reply.text)
    reply = await complete(replace(call, turns=(*call.turns, said, repair), repairs=1))
    try:
        return parse_reply(reply.text, reply_type), reply
    except ValidationError as error:
        raise ReplyError(
            f"{call.alias} as {call.role}: not a {reply_type.__name__}: {_explain(error)}; "
            f"it began {reply.text[:80]!r}"
        ) from error
