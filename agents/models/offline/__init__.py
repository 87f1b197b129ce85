"""The embedded models: one small engine that plays every role on the text it is given.

They are for trying, testing and estimating. `speak` is the whole engine: a pure function from the turns
of a request, and the schema of the reply asked for, to a reply. It knows no skill, no leaf and no role by
name: what the prompt's sections and the schema's fields say is all it goes by.

The provider of the embedded models: no key, no network, and the same reply for the same call.
"""

from functools import cache
from typing import Any

from pydantic import BaseModel

from ..call import Call, Reply
from ..settings import OfflineSettings
from .engine import speak
from .request import OfflineReply, OfflineRequest

__all__ = ["OfflineProvider", "OfflineReply", "OfflineRequest", "schema_of", "speak"]


class OfflineProvider:
    """Serves one embedded model; its settings, the seed and the turns decide what it says."""

    def __init__(self, settings: OfflineSettings, seed: int) -> None:
        self.endpoint = settings.endpoint
        self.model: str = settings.model
        self.params: dict[str, Any] = {
            "strength": settings.model,
            "salt": settings.salt,
            "seed": seed,
            "position_bias": settings.position_bias,
            "noise": settings.noise,
        }
        self._price = settings.price

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        schema = schema_of(call.reply_type) if call.reply_type else None
        asked = OfflineRequest(call.turns, schema, call.tools, sample=call.sample, **self.params)
        said = speak(asked)
        written = len(said.text) + sum(len(c.name) + len(c.arguments) for c in said.tool_calls)
        tokens_in, tokens_out = _tokens(sum(len(t.content) for t in call.turns)), _tokens(written)
        return Reply(
            text=said.text,
            model=f"offline/{self.model}",
            tool_calls=said.tool_calls,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            usd=(tokens_in * self._price.input + tokens_out * self._price.output) / 1e6,
            finish="tool_calls" if said.tool_calls else "stop",
        )

    async def aclose(self) -> None:
        """Nothing to release."""


def _tokens(characters: int) -> int:
    """Estimate tokens: about four characters each, and never none."""
    return max(1, characters // 4)


@cache
def schema_of(reply: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a reply type, bounds included; made once per type."""
    return reply.model_json_schema()
