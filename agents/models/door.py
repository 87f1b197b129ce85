"""The one door to every model: ledger, in-flight dedup, budget, limits, provider, in this order.

A paid answer is committed to the ledger before the caller sees it, so a call is never paid twice but
for those in flight when the process dies. An unusable reply that is paid all the same is booked too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ArenaInstructError, StopRun
from .budget import Budget
from .call import Call, Reply, call_key
from .dialect import schema_text
from .flight import Flights
from .ledger import Ledger
from .limits import Limits
from .provider import AttemptFailed, Provider
from .purse import Purse
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
        self.models = dict(models)
        self.tally = Tally()
        self._ledger = ledger
        self._budget = budget
        self._in_flight = Flights[Reply]()

    async def complete(self, call: Call) -> Reply:
        """Return the reply to one call, from the ledger where it was paid before."""
        provider = self.models[call.alias].provider
        key = call_key(call, provider.endpoint, provider.model, provider.params)
        if (reply := self._ledger.recall(key)) is not None:
            self.tally.served[call.alias] += 1
            return reply
        twin = self._in_flight.boarded(key)
        reply = await self._in_flight.share(key, lambda: self._pay(key, call))
        if twin:
            self.tally.served[call.alias] += 1
        return reply

    async def _pay(self, key: str, call: Call) -> Reply:
        model = self.models[call.alias]
        tokens = sum(len(turn.content) for turn in call.turns) // 3 + 50
        purse = Purse(self._budget, _dearest(call, model.settings))
        usd = 0.0
        try:
            reply = await model.limits.run(
                lambda: self._attempt(key, call, purse),
                tokens + min(model.settings.max_tokens, 500),
                before=purse.fill,
            )
            usd = reply.usd
            await self._ledger.remember(key, call, reply)
        except ArenaInstructError as error:
            # What stops the run (an endpoint that is down) is no failure of the calls behind it.
            if not isinstance(error, StopRun):
                self.tally.failed[call.alias] += 1
            raise
        finally:
            await purse.spend(usd)
        self.tally.paid[call.alias] += 1
        self.tally.spend(reply)
        return reply

    async def _attempt(self, key: str, call: Call, purse: Purse) -> Reply:
        """Make one attempt; one that failed may be paid all the same, and is booked then."""
        try:
            return await self.models[call.alias].provider.complete(call)
        except AttemptFailed as failure:
            self.tally.attempts_failed[call.alias] += 1
            if failure.usage is not None:
                self.tally.spend(failure.usage)
                await purse.spend(failure.usage.usd)
                await self._ledger.write_off(key, call, failure.usage)
            raise

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
