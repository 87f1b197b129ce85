"""A call as its model gets it: everything that the reply depends on, and nothing of the endpoint.

It is plain data, so that the ledger can keep it whole: any call can be shown, compared and made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson
from pydantic import BaseModel

from ..records import Turn
from .call import Call, ToolSpec

KEY_LETTERS = 32
"""Of a key in the ledger."""
_SEEN = 40
"""Characters shown on both sides where two texts part."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of which model; the fields after `about` tell who asked and are not in the key."""

    model: str
    """`provider/model` as configured."""
    version: str
    """Which weights: models that only share a name say so by it."""
    turns: tuple[Turn, ...]
    schema: str = ""
    """JSON schema of the reply as JSON text; empty for free text."""
    tools: tuple[ToolSpec, ...] = ()
    params: str = "{}"
    """JSON text with sorted keys."""
    sample: int = 0
    about: tuple[str, ...] = ()
    """As that of the call, where the params hold `about`."""
    alias: str = ""
    role: str = ""
    subject: str = ""
    prompt: str = ""
    """The prompt's version as `name@hash`; empty where no prompt file made the turns."""
    message: str = ""
    """Id of the message whose handler asked."""

    def key(self) -> str:
        """Return the ledger's key."""
        parts = (
            self.model,
            self.version,
            [
                (t.role, t.content, [(c.name, c.arguments) for c in t.tool_calls], t.tool_call_id)
                for t in self.turns
            ],
            self.schema,
            [(t.name, t.description, t.parameters) for t in self.tools],
            self.params,
            self.sample,
            self.about,
        )
        return blake2b(orjson.dumps(parts), digest_size=KEY_LETTERS // 2).hexdigest()


def request(
    call: Call, model: str, params: Mapping[str, Any], *, version: str = "", message: str = ""
) -> Request:
    """Return what a call asks of a model with its params."""
    return Request(
        model=model,
        version=version,
        turns=call.turns,
        schema=schema(call.reply_type) if call.reply_type else "",
        tools=call.tools,
        params=orjson.dumps(params, option=orjson.OPT_SORT_KEYS).decode(),
        sample=call.sample,
        about=call.about if "about" in params else (),
        alias=call.alias,
        role=call.role,
        subject=call.subject,
        prompt=call.prompt,
        message=message,
    )


@cache
def schema(reply_type: type[BaseModel]) -> str:
    """Return the JSON schema of a reply type, names, types, bounds and descriptions, as JSON text."""
    return orjson.dumps(reply_type.model_json_schema(), option=orjson.OPT_SORT_KEYS).decode()


def difference(asked: Request, recorded: Request) -> str:
    """Return the first part in which a request is another than a recorded one; empty for none."""
    for name in ("model", "version", "sample", "about"):
        if (now := getattr(asked, name)) != (then := getattr(recorded, name)):
            return f"{name}: {now!r}, recorded {then!r}"
    if asked.params != recorded.params:
        return _of_params(orjson.loads(asked.params), orjson.loads(recorded.params))
    for name in ("schema", "tools"):
        if part := _parting(str(getattr(asked, name)), str(getattr(recorded, name))):
            return f"{name} {part}"
    for number, (turn, old) in enumerate(zip(asked.turns, recorded.turns, strict=False), 1):
        if turn != old:
            part = _parting(turn.content, old.content) or "in its role or its tool calls"
            return f"turn {number} ({turn.role}) {part}"
    if len(asked.turns) != len(recorded.turns):
        return f"turns: {len(asked.turns)}, recorded {len(recorded.turns)}"
    return ""


def likeness(asked: Request, recorded: Request) -> tuple[int, int, int]:
    """Return how near a recorded request comes; the nearest one has the largest."""
    pairs = list(zip(asked.turns, recorded.turns, strict=False))
    equal = next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))
    same = sum(
        getattr(asked, name) == getattr(recorded, name)
        for name in ("model", "version", "sample", "about", "params", "schema", "tools")
    )
    return same, -abs(len(asked.turns) - len(recorded.turns)), equal


def _of_params(now: dict[str, Any], then: dict[str, Any]) -> str:
    name = next(k for k in sorted(now.keys() | then.keys()) if now.get(k) != then.get(k))
    return f"params.{name}: {now.get(name)!r}, recorded {then.get(name)!r}"


def _parting(now: str, then: str) -> str:
    """Return where two texts part, with what follows there; empty where they are equal."""
    if now == then:
        return ""
    pairs = zip(now, then, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(now), len(then)))
    return f"at character {at}: {now[at : at + _SEEN]!r}, recorded {then[at : at + _SEEN]!r}"
