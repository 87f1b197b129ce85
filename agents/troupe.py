"""The troupe: all actors on one AutoGen runtime, addressed by (role, model alias)."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from autogen_core import (
    AgentId,
    DefaultInterventionHandler,
    DropMessage,
    MessageContext,
    SingleThreadedAgentRuntime,
)
from opentelemetry.trace import NoOpTracerProvider

from .actor import Actor, Desk
from .roles.contender import Contender
from .roles.curator import Curator
from .roles.describer import Describer
from .roles.editor import Editor
from .roles.examiner import Examiner
from .roles.finder import Finder
from .roles.hypothesiser import Hypothesiser
from .roles.juror import Juror
from .roles.moderator import Moderator
from .roles.rater import Rater
from .roles.suggester import Suggester
from .roles.transformer import Transformer
from .roles.writer import Writer

T = TypeVar("T")
Listen = Callable[[str, str, str, Any], None]
"""Called with (sent | replied, role, alias, message) for every message; must be quick."""

ROLES: dict[str, type[Actor]] = {
    "transformer": Transformer,
    "writer": Writer,
    "suggester": Suggester,
    "editor": Editor,
    "curator": Curator,
    "contender": Contender,
    "juror": Juror,
    "examiner": Examiner,
    "moderator": Moderator,
    "describer": Describer,
    "hypothesiser": Hypothesiser,
    "finder": Finder,
    "rater": Rater,
}
"""To add a role: a prompt file, a small class, a line here."""


class _NoSpans:
    """Stands for AutoGen's tracer: five spans a message cost more than the rest of its delivery."""

    def trace_block(self, *args: Any, **kwargs: Any) -> AbstractContextManager[None]:
        """Open no span."""
        return _NOTHING


_NOTHING = nullcontext()


class _Runtime(SingleThreadedAgentRuntime):
    """AutoGen's runtime without the JSON and the spans that it makes of every message for nobody.

    What is worth recording is recorded by the listener below and by the ledger.
    """

    def __init__(self, listener: DefaultInterventionHandler) -> None:
        super().__init__(intervention_handlers=[listener], tracer_provider=NoOpTracerProvider())
        self._tracer_helper = _NoSpans()  # type: ignore[assignment]

    def _try_serialize(self, message: Any) -> str:
        return type(message).__name__

    async def stop(self) -> None:
        """Stop, with the handlers still at work: after an interrupt nobody waits for them any more."""
        at_work = list(self._background_tasks)
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        await super().stop()


class _Listener(DefaultInterventionHandler):
    """Watches from the outside: every message and every reply, at the runtime's own hook."""

    def __init__(self, listen: Listen) -> None:
        self._listen = listen

    async def on_send(
        self, message: Any, *, message_context: MessageContext, recipient: AgentId
    ) -> Any | type[DropMessage]:
        self._listen("sent", recipient.type, recipient.key, message)
        return message

    async def on_response(
        self, message: Any, *, sender: AgentId, recipient: AgentId | None
    ) -> Any | type[DropMessage]:
        self._listen("replied", sender.type, sender.key, message)
        return message


class Troupe:
    """Starts the runtime, delivers messages, and stops it: `async with Troupe(desk, listen) as troupe`."""

    def __init__(self, desk: Desk, listen: Listen) -> None:
        self._desk = desk
        self._runtime = _Runtime(_Listener(listen))

    async def __aenter__(self) -> Self:
        for role, actor in ROLES.items():
            await actor.register(self._runtime, role, partial(actor, self._desk))
        self._runtime.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runtime.stop()

    async def send(self, message: Any, answer: type[T], role: str, alias: str) -> T:
        """Deliver a message to an actor and return its answer.

        Raises:
            EpisodeError, StopRun: as the actor raised it.
            TypeError: the actor answered with another type than the graph expects.
        """
        reply = await self._runtime.send_message(message, AgentId(role, alias))
        if not isinstance(reply, answer):
            raise TypeError(f"{role} answered {type(reply).__name__}, not {answer.__name__}")
        return reply
