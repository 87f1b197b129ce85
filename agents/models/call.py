"""One model call and its reply: what goes through the door, frozen and cheap.

Dataclasses, not pydantic: a run makes millions of them and their fields are ours already.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from ..records import ToolCall, Turn

CUT = "length"
"""How a reply finished whose tokens ran out."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A function the model may call; `parameters` is a JSON schema as JSON text."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Instead:
    """What a call's turns were before its prompt was changed; holds for these turns only."""

    of: tuple[Turn, ...]
    """The turns that stand in their place."""
    turns: tuple[Turn, ...]
    prompt: str


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
    prompt: str = ""
    """The prompt's version as `name@hash`: for the trace, not part of the key."""
    repairs: int = 0
    """How often its reply was asked for again already: for the trace, not part of the key."""
    late: int = 0
    """How often it was not answered in time already: for the next attempt's limit, not part of the key."""
    uses: tuple[str, ...] = ()
    """Names of tools that the role may use before it replies: what they told is in the turns then."""
    instead: Instead | None = None
    """In a fork with another prompt: what the parent run said here."""
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
    cap: int = 0
    """The `max_tokens` it was written under; no part of the key."""
    answered_by: str = ""
    """The model that the endpoint says to have answered; not kept."""
    prompt: str = ""
    """In a fork: the version of the prompt that it answers, the parent's or its own; not kept."""

    @property
    def cut(self) -> bool:
        """Whether its tokens ran out before its end."""
        return self.finish == CUT


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a call that gave no reply to use."""

    number: int
    """From 1, each time the call is asked."""
    started_at: float
    """Unix time."""
    seconds: float
    outcome: Literal["again", "failed", "stopped"]
    """Another one followed; the call was given up; the endpoint was, and the run with it."""
    status: int
    """The HTTP status, 0 where no response came."""
    error: str
    """What failed; of a call that was given up, what whoever asked was told."""
    usage: Usage | None = None
    """What the endpoint counted all the same; None where nobody knows."""
