"""Who answers in a model's place while a run is estimated: the embedded engine, and it counts.

It speaks as a model of the role would: whoever writes is able, the target is weaker than the others,
jurors differ a little. An embedded model answers itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from zlib import crc32

import numpy as np

from ...agents.cast import Cast
from ...agents.models.call import Call, Reply
from ...agents.models.door import OpenModel
from ...agents.models.embedding import pack
from ...agents.models.offline import OfflineReply, OfflineRequest, schema_of, speak
from ...agents.models.offline.request import Strength
from ...agents.models.settings import EmbeddingSettings, OfflineSettings, RewardModel
from ...agents.trace import here
from ...tools.embedding import Vectors, unit_rows

BYTES_PER_TOKEN = 4
"""Of UTF-8: three quarters of a token for a Chinese character, a quarter for a Latin letter."""
_DIMENSIONS = 64
NOISE = 0.4
"""Standard deviation of a juror's scores, in points."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One call that a run would have paid."""

    call: Call
    reply: Reply
    step: str
    """The node of a graph that asked."""


class StandIn:
    """Stands for one model: asked as it would be, so that the ledger's keys fall together where its do."""

    def __init__(
        self, alias: str, model: OpenModel, strength: Strength, note: Callable[[Noted], None]
    ) -> None:
        meant, self._settings = model.provider, model.settings
        self.endpoint, self.model, self.params = meant.endpoint, meant.model, meant.params
        self._meant = meant if isinstance(self._settings, OfflineSettings) else None
        self._strength: Strength = strength
        self._salt = crc32(alias.encode())
        self._note = note

    async def complete(self, call: Call) -> Reply:
        """Answer one call, and note it."""
        reply = await self._meant.complete(call) if self._meant else self._speak(call)
        scope = here()
        self._note(Noted(call, reply, scope.node if scope else call.role))
        return reply

    async def aclose(self) -> None:
        """Nothing was opened."""

    def _speak(self, call: Call) -> Reply:
        judging = call.role == "juror"
        strength: Strength = "judge" if judging else "strong"
        if call.role in ("contender", "debater"):
            strength = self._strength
        request = OfflineRequest(
            turns=call.turns,
            schema=schema_of(call.reply_type) if call.reply_type else None,
            tools=call.tools,
            strength=strength,
            salt=self._salt,
            noise=NOISE * judging,
            sample=call.sample,
        )
        settings, scores = self._settings, isinstance(self._settings, RewardModel)
        embeds = isinstance(settings, EmbeddingSettings)
        if embeds:
            said = OfflineReply(pack(_meaning(call)))
        elif scores:
            said = OfflineReply(str(request.dice().gauss(0, 1)))
        else:
            said = speak(request)
        asked = [c for turn in call.turns for c in turn.tool_calls]
        offered = [tool.name + tool.description + tool.parameters for tool in call.tools]
        written = _tokens(said.text, *(c.name + c.arguments for c in said.tool_calls))
        return Reply(
            text=said.text,
            model=f"{settings.provider}/{settings.name}",
            tool_calls=said.tool_calls,
            tokens_in=_tokens(
                *(turn.content for turn in call.turns),
                *(c.name + c.arguments for c in asked),
                *offered,
            ),
            tokens_out=0 if scores or embeds else min(written, settings.max_tokens),
            finish="tool_calls" if said.tool_calls else "stop",
        )


def _meaning(call: Call) -> Vectors:
    """Return vectors of a call's texts by which hardly two of them mean the same."""
    texts = [turn.content.encode("utf-8", "surrogatepass") for turn in call.turns]
    rows = [np.random.default_rng(crc32(text)).standard_normal(_DIMENSIONS) for text in texts]
    return unit_rows(np.stack(rows))


def _tokens(*texts: str) -> int:
    return max(1, sum(len(text.encode("utf-8", "replace")) for text in texts) // BYTES_PER_TOKEN)


def stand_ins(
    models: Mapping[str, OpenModel], cast: Cast, note: Callable[[Noted], None]
) -> dict[str, OpenModel]:
    """Return who stands for each model of a run."""
    able: Iterator[Strength] = cycle(("strong", "medium"))
    strengths: dict[str, Strength] = dict.fromkeys(models, "weak")
    strengths |= {alias: next(able) for alias in cast.everyone if alias != cast.target}
    return {
        alias: replace(model, provider=StandIn(alias, model, strengths[alias], note))
        for alias, model in models.items()
    }
