"""Providers that are Python functions: contenders of known strength, scripts of tests, menders of answers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from ...tools.constraints.mend import mended
from ...tools.programs import named
from .call import Call, Reply
from .provider import Provider
from .settings import MendedSettings, ProgramSettings, ScriptedSettings


class ProgramProvider:
    """Makes what `package.module:name` names with its arguments, and lets it answer the last user turn."""

    def __init__(self, settings: ProgramSettings) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {"arguments": settings.arguments}
        make = named(settings.model, "model")
        try:
            self._answer: Callable[[str], str] = make(**settings.arguments)
        except TypeError as error:
            raise ValueError(f"arguments: {settings.model} cannot be made: {error}") from error

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        asked = next(turn.content for turn in reversed(call.turns) if turn.role == "user")
        return Reply(text=self._answer(asked), model=f"program/{self.model}")

    async def aclose(self) -> None:
        """Hold nothing."""


Script = Callable[[Call], Awaitable[Reply]]


class ScriptedProvider:
    """Calls `package.module:function` for every call; the function returns a reply or raises."""

    def __init__(self, settings: ScriptedSettings) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {"script": settings.script}
        self._script: Script = named(settings.script, "script")

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        return await self._script(call)

    async def aclose(self) -> None:
        """Hold nothing."""


class MendedProvider:
    """Serves what another provider writes, mended."""

    def __init__(self, settings: MendedSettings, inner: Provider) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        own = {"version": settings.of.version, **inner.params}
        self.params: dict[str, Any] = {"of": [settings.of.provider, inner.model, own]}
        self._inner, self._name = inner, f"{settings.provider}/{settings.model}"

    async def complete(self, call: Call) -> Reply:
        """Answer one call; structured replies and tool calls stay as they are.

        Raises:
            AttemptFailed: the attempt failed.
        """
        reply = replace(await self._inner.complete(call), model=self._name)
        if call.reply_type is not None or call.tools:
            return reply
        return replace(reply, text=mended(call.turns[-1].content, reply.text))

    async def aclose(self) -> None:
        """Release what the inner provider holds."""
        await self._inner.aclose()
