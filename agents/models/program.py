"""Providers that are Python functions: contenders of known strength, scripts of tests, menders of answers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from ...tools.constraints.mend import mended
from ...tools.programs import loaded, named
from .call import Call, Reply
from .provider import AttemptFailed, Provider
from .settings import MendedSettings, ProgramSettings, ScriptedSettings


class ProgramProvider:
    """Makes what `package.module:name` names with its arguments, and lets it answer the last user turn."""

    def __init__(self, settings: ProgramSettings) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {"arguments": settings.arguments}
        make = named(settings.model, "model")
        with loaded(settings.model, "model: "):
            self._answer: Callable[[str], object] = make(**settings.arguments)

    async def complete(self, call: Call) -> Reply:
        """Answer one call.

        Raises:
            AttemptFailed: the program raised.
        """
        asked = next(turn.content for turn in reversed(call.turns) if turn.role == "user")
        try:
            text = self._answer(asked)
        except (Exception, SystemExit) as error:  # whatever a program of the user's does
            told = f"{self.model}: {type(error).__name__}: {error}"
            raise AttemptFailed(told, final=True) from error
        if not isinstance(text, str):
            raise AttemptFailed(
                f"{self.model}: it gave {type(text).__name__}, not a text", final=True
            )
        return Reply(text=text, model=f"program/{self.model}")

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
