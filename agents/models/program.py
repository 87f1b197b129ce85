"""A provider of contenders that are programs: a function from a prompt to an answer, of known strength."""

from collections.abc import Callable
from typing import Any

from ...tools.programs import named
from .call import Call, Reply
from .settings import ProgramSettings


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
