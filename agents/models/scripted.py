"""A provider for tests: a Python function answers."""

import os
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from .call import Call, Reply
from .settings import ScriptedSettings

ALLOWED = "ARENAINSTRUCT_SCRIPTED"
"""The environment variable that lets a config name code."""

Script = Callable[[Call], Awaitable[Reply]]


class ScriptedProvider:
    """Calls `package.module:function` for every call; the function returns a reply or raises."""

    def __init__(self, settings: ScriptedSettings) -> None:
        self.endpoint = settings.endpoint
        self.model = settings.model
        self.params: dict[str, Any] = {"script": settings.script}
        self._script = _load(settings.script)

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        return await self._script(call)

    async def aclose(self) -> None:
        """Hold nothing."""


def _load(path: str) -> Script:
    if not os.environ.get(ALLOWED):
        raise ValueError(
            f"provider: scripted runs Python code that a config names, and is for tests; set {ALLOWED}=1 "
            "where every config is trusted"
        )
    module, _, name = path.partition(":")
    try:
        script: Script = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            f"script: {path!r} names no function ({error}); write it as package.module:function"
        ) from error
    return script
