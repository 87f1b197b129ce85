"""What models can do, asked of them: one token, then structure and tools the way the run will ask."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import BaseModel

from ..agents.errors import ArenaInstructError, ModelError, UserError
from ..agents.models.call import Call, Reply
from ..agents.models.client import DoorClient
from ..agents.models.door import OpenModel, same_model
from ..agents.models.embedding import unpack
from ..agents.models.limits import Limits, share_limits
from ..agents.models.openai import OpenAIProvider
from ..agents.models.opening import open_models
from ..agents.models.provider import NoText
from ..agents.models.secrets import redact
from ..agents.models.settings import (
    EmbeddingSettings,
    EndpointSettings,
    LocalSettings,
    ModelSettings,
    OpenAISettings,
    RewardModel,
)
from ..agents.models.structured import ask
from ..agents.models.window import with_windows
from ..agents.records import Turn
from ..agents.replies import TaskReply, TasksReply
from ..agents.small import ask_small
from ..agents.tool_loop import LoopTool, run_tool_loop
from ..agents.verdicts import KINDS
from ..graphs.generation.fitting import no_room
from .arena.config import ArenaConfig
from .config.config import RunConfig

PING = Turn(role="user", content="ping")
PONG = Turn(role="assistant", content="pong")
"""What a reward model is asked to score."""
PATIENCE_S = 20.0
SLOW_S = 5.0
"""Seconds for one token from which on it is told that a model is slow."""
FEW = 64
"""Tokens asked for where one is too few: some endpoints have a least number."""
_TOO_FEW = re.compile(r"max_(completion_|output_)?tokens|output limit|token limit", re.I)
_OWN = ("program", "mended", "transformers")
"""Models besides endpoints that may fail to reply in the form asked for."""
_MODES = {"schema": "JSON schema", "json": "JSON mode", "prompt": "prompted JSON"}
_JUDGE = (
    "The question: What is 2 + 2? The first answer: 4. The second answer: 5. "
    "Judge which of the two answers is better."
)
_WRITE = (
    "Write one short task (its expected behaviour is `answer`) about this text: "
    "Water boils at 100 °C at sea level, and at about 70 °C on the top of Mount Everest."
)
_KNOWN = {
    "expected_behaviour": "answer",
    "user_turns": [],
    "check": {"terms": [], "replacements": []},
    "own_answer": "",
}
"""What a small model is not asked for."""
_LOOK = "What is the weather in Bergen? Look it up with the tool."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str
    by_user: bool = False
    """What is wrong was written so: in the config, the documents or the environment; not an answer."""

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.what}: {self.detail}"

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Wanted:
    """What a run will ask of a model."""

    replies: tuple[tuple[type[BaseModel], str], ...] = ()
    """Types of structured replies, each with a request for one."""
    text: bool = True
    tools: bool = False


def wanted(config: RunConfig | ArenaConfig, alias: str) -> Wanted:
    """Return what a run, or an arena, will ask of a model."""
    cast, writing, searching, calling = config.cast, set[str](), False, False
    if isinstance(config, RunConfig):
        skills = config.loaded_skills()
        flows = {skill.flow for skill in skills}
        # What a program writes asks no model.
        writing = set(cast.generators) if flows - {"program"} else set()
        searching = "tool_use" in flows
        calling = searching or any(leaf.tools for skill in skills for leaf in skill.leaves)
        calling = calling or alias in config.tools.contenders
    asked: list[tuple[type[BaseModel], str]] = []
    if alias in writing:
        small = config.players[alias].small
        asked.append((TaskReply if small else TasksReply, _WRITE))
    if alias in (*cast.jury, *cast.evaluation_jury):
        asked.append((KINDS[config.arena.verdict].reply, _JUDGE))
    answers = alias in cast.everyone
    return Wanted(
        tuple(asked),
        text=answers or not asked,
        tools=(calling and answers) or (searching and alias == cast.default),
    )


async def check_models(config: RunConfig | ArenaConfig) -> list[Finding]:
    """Ask every model at once; each fails by itself."""
    known = await with_windows(config.players)
    models = {alias: model.model_copy(update={"retries": 1}) for alias, model in known.items()}
    limits = share_limits(models, patience_s=PATIENCE_S, notify=lambda text: None)
    found = await asyncio.gather(
        *(
            _model(settings, limits[alias], config.seed, alias, wanted(config, alias))
            for alias, settings in models.items()
        )
    )
    if isinstance(config, RunConfig) and (wrong := no_room(config.cast, known)):
        found.append(Finding("context windows", False, wrong, by_user=True))
    return found


async def _model(
    settings: ModelSettings, limits: Limits, seed: int, alias: str, wants: Wanted
) -> Finding:
    found = await _answers(alias, settings, limits, seed)
    served = isinstance(settings, OpenAISettings | LocalSettings)
    served = served and not isinstance(settings, EmbeddingSettings)
    asked = served or (settings.provider in _OWN and wants.replies)
    if not found.ok or not asked:
        told = "; ".join([found.detail, *(_free(settings) if found.ok else ())])
        return replace(found, detail=told)
    opened = open_models({alias: settings}, {alias: limits}, seed)[alias]
    said = [found.detail]
    try:
        async for can in _can(alias, opened, wants):
            said.append(can)
    except ArenaInstructError as error:
        return Finding(found.what, False, redact("; ".join([*said, str(error)])))
    finally:
        await opened.provider.aclose()
    window = settings.context_window
    said.append(f"context window {window:,} tokens" if window else "context window unknown")
    return Finding(found.what, True, "; ".join([*said, *_free(settings)]))


async def _answers(alias: str, settings: ModelSettings, limits: Limits, seed: int) -> Finding:
    """Ask for one token; where the endpoint finds that too little, for a few."""
    what = f"model {alias}"
    quick = {"timeout_s": min(settings.timeout_s, PATIENCE_S)}
    for tokens in (1, FEW):
        capped = settings.model_copy(
            update={**quick, "max_tokens": min(tokens, settings.max_tokens)}
        )
        try:
            opened = open_models({alias: capped}, {alias: limits}, seed)[alias]
        except UserError as error:
            return Finding(what, False, redact(str(error)), by_user=True)
        try:
            return Finding(what, True, await _ask(alias, opened))
        except ModelError as error:
            if error.status != 400 or tokens == FEW or not _TOO_FEW.search(str(error)):
                return Finding(what, False, redact(str(error)))
        except ArenaInstructError as error:
            return Finding(what, False, redact(str(error)))
        finally:
            await opened.provider.aclose()
    raise AssertionError("the last attempt returns")


async def _ask(alias: str, model: OpenModel) -> str:
    """Return how a model answers; recorded and scripted ones are sound once they are open."""
    if model.settings.provider in ("recorded", "scripted"):
        return f"{model.provider.endpoint} is there"
    scored = isinstance(model.settings, RewardModel)
    call = Call(alias, (PING, PONG) if scored else (PING,), role="check")
    started = time.perf_counter()
    try:
        reply = await model.limits.run(lambda: model.provider.complete(call), 10)
    except ModelError as error:
        if not isinstance(error.__cause__, NoText):
            raise
        seconds = time.perf_counter() - started
        return f"answers in {seconds:.2f} s, without text so early (it may think first)"
    if scored:
        said = f"scores a short answer {float(reply.text):.4g}"
    elif isinstance(model.settings, EmbeddingSettings):
        said = f"embeds in {unpack(reply.text).shape[1]} dimensions"
    else:
        said = "answers"
    asked, by = model.settings.model, reply.answered_by
    other = (
        "" if same_model(asked, by) else f"; {asked} was asked, and {redact(by)} says it answered"
    )
    return f"{reply.model} {said} in {reply.seconds:.2f} s{_slow(reply)}{other}"


def _slow(reply: Reply) -> str:
    """Return a warning where a reply of hardly any words took long; empty where it did not."""
    if reply.seconds < SLOW_S:
        return ""
    return (
        f" (slow: {reply.seconds:.0f} s for {reply.tokens_out} tokens; a run makes thousands of longer "
        "replies: serve it with less load, or raise timeout_s)"
    )


class _Window:
    """Stands for the door: one model, no ledger; notes whether it thinks."""

    def __init__(self, model: OpenModel) -> None:
        self._model = model
        self.thoughts = self.misplaced = False

    async def complete(self, call: Call) -> Reply:
        """Make one call."""
        reply = await self._model.limits.run(lambda: self._model.provider.complete(call), 500)
        reply = replace(reply, cap=self._model.settings.max_tokens)
        self.thoughts |= bool(reply.thoughts)
        self.misplaced |= bool(reply.thoughts) and reply.text == reply.thoughts
        return reply

    async def strike(self, call: Call) -> str:
        """Keep nothing."""
        return ""


async def _can(alias: str, model: OpenModel, wants: Wanted) -> AsyncIterator[str]:
    """Yield what a model can do of what is wanted of it, in words.

    Raises:
        ArenaInstructError: it cannot do something.
    """
    window = _Window(model)
    for kind, request in wants.replies:
        turns = (
            Turn(role="system", content="You reply as asked."),
            Turn(role="user", content=request),
        )
        call = Call(alias, turns, role="check")
        if model.settings.small:
            known = _KNOWN.keys() & kind.model_fields.keys()
            await ask_small(window, call, kind, {name: _KNOWN[name] for name in known}, {})
        else:
            await ask(window, call, kind)
        if isinstance(model.provider, OpenAIProvider):
            yield f"{kind.__name__} by {_MODES[model.provider.learned.dialect.mode]}"
    if wants.tools:
        yield await _calls(window, alias)
    if wants.text:
        await window.complete(
            Call(alias, (Turn(role="user", content="What is 2 + 2?"),), role="check")
        )
    if (
        isinstance(model.provider, OpenAIProvider)
        and not model.provider.learned.dialect.temperature
    ):
        yield f"refuses a temperature: models.{alias}.temperature is left out; remove it"
    if window.misplaced:
        yield "its server gives replies as thoughts (start it without a reasoning parser)"
    elif window.thoughts:
        yield "thinks before it answers: its thoughts are cut, and count in max_tokens"


async def _calls(window: _Window, alias: str) -> str:
    """Return in words whether a model calls a tool that it is told to call."""
    called: list[str] = []
    read: list[int] = []

    async def weather(arguments: str) -> str:
        called.append(arguments)
        return '{"weather": "rain"}'

    async def complete(call: Call) -> Reply:
        reply = await window.complete(call)
        read.append(reply.tokens_in)
        return reply

    schema = {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
        "additionalProperties": False,
    }
    tool = LoopTool("get_weather", "Tells the weather of a place.", schema, weather)
    client = DoorClient(complete, alias, role="check", subject="")
    await run_tool_loop(client, system="", user_turns=[_LOOK], tools=[tool], max_steps=1)
    if called:
        return "calls tools"
    bare = await window.complete(Call(alias, (Turn(role="user", content=_LOOK),), role="check"))
    if bare.tokens_in and bare.tokens_in >= read[0]:
        return (
            f"was never told of the tool it was offered: it read {read[0]} tokens with it and "
            f"{bare.tokens_in} without; its chat template has no place for tools, and what may call some "
            "is answered without"
        )
    return "was offered a tool and did not call it"


def _free(settings: ModelSettings) -> Iterator[str]:
    """Yield a reminder where calls of a served model cost nothing in our books."""
    if isinstance(settings, EndpointSettings) and settings.price.free:
        yield "no price is set: its calls count as 0 USD, and budget.usd does not see them"
