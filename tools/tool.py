"""A tool: a typed async function that a model may call, with what limits it.

Its docstring is what the model reads, its signature is the schema of the arguments. What it may reach
for comes first and is not the model's to give:

    async def shout(given: Given, text: Annotated[str, Field(description="What to say")]) -> str:
        \"\"\"Say a text in capitals.\"\"\"
        return text.upper()
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from hashlib import blake2b
from types import TracebackType
from typing import Any, NamedTuple, Self, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from .api_spec import ApiSpec
from .retrieval import ApiIndex
from .settings import ToolSettings
from .web.web import Web


class Past(NamedTuple):
    """A call that later ones of its conversation depend on."""

    tool: str
    arguments: str
    result: str
    memory: str = ""
    """Whose memory it is in, where several tools share one."""


@dataclass(frozen=True)
class Given:
    """What a tool may reach for in one conversation; what it opened there is closed with it."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Texts by name."""
    index: ApiIndex | None = None
    """APIs of all seeds."""
    seed_id: str = ""
    """The document that the conversation is about: a search leaves its own APIs out."""
    busy: int = 0
    """How many calls of simulated APIs, from the first one, find the service busy."""
    found: dict[str, ApiSpec] = field(default_factory=dict)
    """APIs that a search has shown in this conversation, in the order of showing."""

    settings: ToolSettings = ToolSettings()
    web: Web = field(default_factory=Web)
    past: list[Past] = field(default_factory=list)
    """Calls of this conversation to tools with a memory, in their order; the door keeps it."""
    held: dict[str, Any] = field(default_factory=dict)
    """What such a tool keeps open, by the tool's name."""
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    def digest(self, tool: "Tool") -> str:
        """Return a hash of what a call depends on beside its arguments: files and, with memory, the past."""
        past = self.since(tool) if tool.remembers else ()
        seen = repr((sorted(self.files.items()), *past))
        return blake2b(seen.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def since(self, tool: "Tool") -> list[Past]:
        """Return the calls that a tool with a memory depends on."""
        mine = tool.memory or tool.name
        return [past for past in self.past if (past.memory or past.tool) == mine]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.closing.aclose()


@dataclass(frozen=True)
class Tool:
    """What a model may call, and what calling it may take."""

    name: str
    description: str
    parameters: dict[str, Any]
    """A JSON schema of the arguments."""
    answer: Callable[[Given, str], Awaitable[str]]
    """From the arguments as JSON text to the result; a ValueError is the model's to mend."""
    version: str = "1"
    """Part of the ledger's key: a tool that answers differently has another one."""
    outside: bool = False
    """It reaches out of the process: results are kept in the ledger and never asked for twice."""
    remembers: bool = False
    """What it answers depends on the calls before it in the conversation."""
    memory: str = ""
    """Where several tools share one: its name."""
    usd: float = 0.0
    """Price of a call."""
    timeout_s: float = 30.0
    at_once: int = 8
    """Calls under way at a time, where it reaches outside."""
    most: int = 20_000
    """Characters of a result; the rest is cut, and the model told so."""
    rounds: int = 6
    """Rounds of calls that a user's turn allows where it is at hand."""

    @property
    def spec(self) -> dict[str, Any]:
        """Return what a chat endpoint is told of it."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }


def tool(function: Callable[..., Awaitable[str]], **limits: Any) -> Tool:
    """Return a function as a tool; `limits` are fields of `Tool`."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default) for p in parameters
    }
    model = create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)

    async def answer(given: Given, arguments: str) -> str:
        return await function(given, **_read(model, arguments))

    return Tool(
        name=function.__name__,
        description=" ".join((inspect.getdoc(function) or "").split()),
        parameters=_plain(model.model_json_schema()),
        answer=answer,
        **limits,
    )


def _read(model: type[BaseModel], arguments: str) -> dict[str, Any]:
    """Return the arguments by name; raises ValueError with what is wrong, in words for a model."""
    try:
        return dict(model.model_validate_json(arguments or "{}"))
    except ValidationError as error:
        wrong = (
            f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors()
        )
        raise ValueError("; ".join(wrong)) from error


def _plain(schema: Any) -> Any:
    """Return a pydantic schema without titles, which tell a model nothing."""
    if isinstance(schema, dict):
        kept = {k: v for k, v in schema.items() if not (k == "title" and isinstance(v, str))}
        return {k: _plain(v) for k, v in kept.items()}
    return schema
