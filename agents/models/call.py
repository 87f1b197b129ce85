"""One model call and its reply: what goes through the door, frozen and cheap.

Dataclasses, not pydantic: a run makes millions of them and their fields are ours already.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from pydantic import BaseModel

from ..records import ToolCall, Turn


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A function the model may call; `parameters` is a JSON schema as JSON text."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model, before any endpoint detail."""

    alias: str
    """The model's alias in the config."""
    turns: tuple[Turn, ...]
    reply_type: type[BaseModel] | None = None
    """The structure asked for; None for free text."""
    tools: tuple[ToolSpec, ...] = ()
    sample: int = 0
    """Which of several samples of the same request this is."""
    role: str = ""
    """Who asks (`juror`, `editor`, …): for the trace, not part of the key."""
    subject: str = ""
    """Id of the record it is about: for the trace, not part of the key."""
    about: tuple[str, ...] = ()
    """The question's id and, for a juror, the models in the order shown: what recorded replies are
    found by. Part of the key where a provider's params hold `about`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an endpoint counted for one attempt."""

    model: str
    """`provider/model` as configured."""
    tokens_in: int
    tokens_out: int
    usd: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: text or tool calls, with usage and cost."""

    text: str
    model: str
    """`provider/model` as configured: what provenance columns show."""
    tool_calls: tuple[ToolCall, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    finish: str = "stop"
    seconds: float = 0.0
    """Time on the wire, retries included; 0 for embedded providers."""
    thoughts: str = ""
    """What a thinking model wrote before its text: kept, and shown to nobody."""


def call_key(call: Call, endpoint: str, model: str, params: dict[str, Any]) -> str:
    """Return the ledger key: a hash of endpoint, model, turns, structure, tools, params and sample."""
    schema = call.reply_type.__name__ if call.reply_type else ""
    parts = (
        endpoint,
        model,
        [
            (t.role, t.content, [(c.name, c.arguments) for c in t.tool_calls], t.tool_call_id)
            for t in call.turns
        ],
        schema,
        [(t.name, t.description, t.parameters) for t in call.tools],
        params,
        call.sample,
        *([call.about] if "about" in params else []),
    )
    return blake2b(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
