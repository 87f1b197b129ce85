"""A provider for tests: a Python function answers."""

from collections.abc import Awaitable, Callable
from typing import Any

from ...tools.programs import named
from .call import Call, Reply
from .settings import ScriptedSettings

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
