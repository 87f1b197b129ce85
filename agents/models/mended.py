"""A model whose plain answers a program mends: what it says stays, the form becomes what was asked for."""

from dataclasses import replace
from typing import Any

from ...tools.constraints.mend import mended
from .call import Call, Reply
from .provider import Provider
from .settings import MendedSettings


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
