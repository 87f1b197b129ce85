"""The troupe: all actors on one AutoGen runtime, addressed by (role, model alias)."""

import asyncio
from contextlib import AbstractContextManager, nullcontext, suppress
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
from .roles.critic import Critic
from .roles.curator import Curator
from .roles.describer import Describer
from .roles.drafter import Drafter
from .roles.editor import Editor
from .roles.examiner import Examiner
from .roles.finder import Finder
from .roles.hypothesiser import Hypothesiser
from .roles.juror import Juror
from .roles.moderator import Moderator
from .roles.rater import Rater
from .roles.suggester import Suggester
from .roles.taxonomist import Taxonomist
from .roles.transformer import Transformer
from .roles.user import User
from .roles.writer import Writer
from .trace import Scope, enter, here, message_id, record_ids, span

T = TypeVar("T")

ROLES: dict[str, type[Actor]] = {
    "transformer": Transformer,
    "writer": Writer,
    "suggester": Suggester,
    "editor": Editor,
    "curator": Curator,
    "critic": Critic,
    "contender": Contender,
    "user": User,
    "juror": Juror,
    "examiner": Examiner,
    "moderator": Moderator,
    "describer": Describer,
    "hypothesiser": Hypothesiser,
    "finder": Finder,
    "rater": Rater,
    "taxonomist": Taxonomist,
    "drafter": Drafter,
}
"""What else a role needs: CONTRIBUTING.md, "a role"."""


class _NoSpans:
    """Stands for AutoGen's tracer: five spans a message cost more than the rest of its delivery."""

    def trace_block(self, *args: Any, **kwargs: Any) -> AbstractContextManager[None]:
        """Open no span."""
        return _NOTHING


_NOTHING = nullcontext()


class _Runtime(SingleThreadedAgentRuntime):
    """AutoGen's runtime without the JSON and the spans that it makes of every message for nobody.

    What is worth recording is recorded by the trace and by the ledger.
    """

    def __init__(self, courier: DefaultInterventionHandler) -> None:
        super().__init__(intervention_handlers=[courier], tracer_provider=NoOpTracerProvider())
        self._tracer_helper = _NoSpans()  # type: ignore[assignment]

    def _try_serialize(self, message: Any) -> str:
        return type(message).__name__

    async def _process_send(self, message_envelope: Any) -> None:
        # An actor's error is set on its sender's future without a look: on one that was cancelled
        # meanwhile that raises, in a task that nobody awaits.
        with suppress(asyncio.InvalidStateError):
            await super()._process_send(message_envelope)

    async def stop(self) -> None:
        """Stop, with the handlers still at work: after an interrupt nobody waits for them any more."""
        at_work = list(self._background_tasks)
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        await super().stop()


class _Courier(DefaultInterventionHandler):
    """Carries the scope of who sends to who handles, at the runtime's own hook.

    The runtime starts handlers from a task of its own, which knows nothing of who sent what.
    """

    def __init__(self) -> None:
        self.scopes: dict[str, Scope] = {}
        """Of the messages on their way."""

    async def on_send(
        self, message: Any, *, message_context: MessageContext, recipient: AgentId
    ) -> Any | type[DropMessage]:
        enter(self.scopes.pop(message_context.message_id, None))
        return message


class Troupe:
    """Starts the runtime, delivers messages, and stops it: `async with Troupe(desk) as troupe`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._courier = _Courier()
        self._runtime = _Runtime(self._courier)

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
        if here() is None:
            reply = await self._runtime.send_message(message, AgentId(role, alias))
        else:
            reply = await self._send_traced(message, role, alias)
        if not isinstance(reply, answer):
            raise TypeError(f"{role} answered {type(reply).__name__}, not {answer.__name__}")
        return reply

    async def _send_traced(self, message: Any, role: str, alias: str) -> Any:
        about = record_ids(message) or tuple(filter(None, (getattr(message, "subject", ""),)))
        said = message_id(role, alias, message)
        with span("message", records=about, actor=f"{role}/{alias}", message=said) as scope:
            assert scope is not None
            self._courier.scopes[scope.event] = scope
            try:
                reply = await self._runtime.send_message(
                    message, AgentId(role, alias), message_id=scope.event
                )
            finally:
                self._courier.scopes.pop(scope.event, None)
            scope.made.extend(record_ids(reply))
            return reply
