"""The one door to every model: ledger, in-flight dedup, budget, limits, provider, in this order.

A paid answer is committed to the ledger before the caller sees it, so a call is never paid twice but
for those in flight when the process dies.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ArenaInstructError, EndpointDown
from .budget import Budget
from .call import Call, Reply, call_key
from .dialect import schema_text
from .ledger import Ledger
from .limits import Limits
from .provider import Provider
from .settings import ModelSettings
from .tally import Tally

FRAME = 16
"""Tokens that a chat template puts around a turn, at most."""


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A configured model, ready to be asked: its settings, who serves it, and its endpoint's limits."""

    settings: ModelSettings
    provider: Provider
    limits: Limits


class Door:
    """Answers calls by alias.

    Raises:
        ModelError: the call failed for good; it is the caller's to record.
        BudgetSpent, EndpointDown: the run must stop; what was paid is safe in the ledger.
    """

    def __init__(self, models: Mapping[str, OpenModel], ledger: Ledger, budget: Budget) -> None:
        self.models = models
        self.tally = Tally()
        self._ledger = ledger
        self._budget = budget
        self._in_flight: dict[str, asyncio.Future[Reply]] = {}

    async def complete(self, call: Call) -> Reply:
        """Return the reply to one call, from the ledger where it was paid before."""
        provider = self.models[call.alias].provider
        key = call_key(call, provider.endpoint, provider.model, provider.params)
        if (reply := self._ledger.recall(key)) is not None:
            self.tally.served[call.alias] += 1
            return reply
        if (twin := self._in_flight.get(key)) is not None:
            reply = await asyncio.shield(twin)
            self.tally.served[call.alias] += 1
            return reply
        return await self._pay_shared(key, call)

    async def _pay_shared(self, key: str, call: Call) -> Reply:
        """Pay for a call once, and give its outcome to everyone who asks meanwhile."""
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = future
        try:
            reply = await self._pay(key, call)
        except BaseException as error:
            future.set_exception(error)
            future.exception()  # marks it as seen: nobody else may be waiting
            raise
        else:
            future.set_result(reply)
            return reply
        finally:
            del self._in_flight[key]

    async def _pay(self, key: str, call: Call) -> Reply:
        model = self.models[call.alias]
        tokens = sum(len(turn.content) for turn in call.turns) // 3 + 50
        reserve = _dearest(call, model.settings)
        await self._budget.reserve(reserve)
        usd = 0.0
        try:
            reply = await model.limits.run(
                lambda: model.provider.complete(call), tokens + min(model.settings.max_tokens, 500)
            )
            usd = reply.usd
            await self._ledger.remember(key, call, reply)
        except ArenaInstructError as error:
            # An endpoint that is down stops the run: what waits behind it did not fail.
            if not isinstance(error, EndpointDown):
                self.tally.failed[call.alias] += 1
            raise
        finally:
            await self._budget.settle(reserve, usd)
        self._count(call, reply)
        return reply

    def _count(self, call: Call, reply: Reply) -> None:
        self.tally.paid[call.alias] += 1
        self.tally.tokens_in += reply.tokens_in
        self.tally.tokens_out += reply.tokens_out
        self.tally.usd += reply.usd

    async def aclose(self) -> None:
        """Close every provider."""
        for model in self.models.values():
            await model.provider.aclose()


def _dearest(call: Call, settings: ModelSettings) -> float:
    """Return what one attempt can cost at most, in USD."""
    price = settings.price
    if not price.input and not price.output:
        return 0.0
    spoken = [turn.content for turn in call.turns]
    spoken += [c.name + c.arguments for turn in call.turns for c in turn.tool_calls]
    spoken += [tool.name + tool.description + tool.parameters for tool in call.tools]
    if call.reply_type is not None:
        spoken.append(schema_text(call.reply_type))
    # No tokenizer makes more tokens of a text than it has bytes.
    tokens = sum(len(text.encode("utf-8", "replace")) for text in spoken) + FRAME * len(call.turns)
    return (tokens * price.input + settings.max_tokens * price.output) / 1e6
