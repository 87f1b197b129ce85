"""The one door to every model: ledger, in-flight dedup, budget, limits, provider, trace, in this order.

A paid answer is committed to the ledger before the caller sees it, so a call is never paid twice but
for those in flight when the process dies. An unusable reply that is paid all the same is booked too.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ArenaInstructError, Diverged, ModelError, StopRun
from ..fence import harmless
from ..trace import Scope, Tracer, here, note
from .budget import Budget
from .call import Attempt, Call, Reply
from .characters import sound
from .dialect import schema_text
from .flight import Flights
from .ledger import Ledger
from .limits import Limits
from .provider import Provider
from .purse import Purse
from .request import Request, difference, request
from .settings import ModelSettings
from .tally import Tally

FRAME = 16
"""Tokens that a chat template puts around a turn, at most."""
_NOWHERE = Scope(Tracer("", lambda event: None), graph="-", node="-")


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A configured model, ready to be asked: its settings, who serves it, and its endpoint's limits."""

    settings: ModelSettings
    provider: Provider
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Paid:
    """A reply, and how many attempts it took."""

    reply: Reply
    attempts: int


class Door:
    """Answers calls by alias.

    Raises:
        ModelError: the call failed for good; it is the caller's to record.
        BudgetSpent, EndpointDown: the run must stop; what was paid is safe in the ledger.
        Diverged: the network is forbidden, and the ledger does not hold the call.
    """

    def __init__(
        self,
        models: Mapping[str, OpenModel],
        ledger: Ledger,
        budget: Budget,
        *,
        network: bool = True,
    ) -> None:
        """Open the door; without `network` no model is asked, embedded ones neither."""
        self.models = dict(models)
        self.tally = Tally()
        self._ledger = ledger
        self._budget = budget
        self._network = network
        self._in_flight = Flights[_Paid]()

    async def complete(self, call: Call) -> Reply:
        """Return the reply to one call, from the ledger where it was paid before."""
        started = time.perf_counter()
        call = harmless(call)
        asked = self._request(call)
        key = asked.key()
        outcome, data = "left", dict[str, Any](attempts=0, repairs=call.repairs)
        try:
            reply, outcome, data["attempts"] = await self._answer(key, asked, call)
            return reply
        except ArenaInstructError as error:
            outcome, data["error"] = "failed", str(error)
            data["attempts"] = error.attempts if isinstance(error, ModelError) else 0
            raise
        finally:
            note(
                "call",
                actor=f"{call.role}/{call.alias}",
                records=(call.subject,) if call.subject else (),
                keys=(key,),
                outcome=outcome,
                seconds=time.perf_counter() - started,
                data=data,
            )

    def _request(self, call: Call) -> Request:
        model, scope = self.models[call.alias], here()
        settings = model.settings
        return request(
            call,
            f"{settings.provider}/{settings.model}",
            model.provider.params,
            version=settings.version,
            message=scope.message if scope else "",
        )

    async def _answer(self, key: str, asked: Request, call: Call) -> tuple[Reply, str, int]:
        """Return a reply, where it came from, and how many attempts it took."""
        if (reply := self._ledger.recall(key)) is not None:
            self.tally.served[call.alias] += 1
            return reply, "served", 0
        if not self._network:
            if (unusable := self._ledger.struck(key)) is not None:
                return unusable, "served", 0
            raise self._unserved(key, asked)
        twin = self._in_flight.boarded(key)
        paid = await self._in_flight.share(key, lambda: self._pay(key, asked, call))
        if twin:
            self.tally.served[call.alias] += 1
        return (paid.reply, "shared", 0) if twin else (paid.reply, "paid", paid.attempts)

    async def strike(self, call: Call) -> None:
        """Serve the reply to a call no more: it was paid and cannot be used; whoever asks again pays."""
        await self._ledger.strike(self._request(call).key())

    async def _pay(self, key: str, asked: Request, call: Call) -> _Paid:
        model = self.models[call.alias]
        tokens = sum(len(turn.content) for turn in call.turns) // 3 + 50
        purse = Purse(self._budget, _dearest(call, model.settings))
        usd, failures = 0.0, 0

        async def book(attempt: Attempt) -> None:
            """Keep a failed attempt; it may be paid all the same."""
            nonlocal failures
            failures = attempt.number
            self.tally.attempts_failed[call.alias] += 1
            if attempt.usage is not None:
                self.tally.spend(attempt.usage)
                await purse.spend(attempt.usage.usd)
            await self._ledger.fail(key, asked, attempt)

        try:
            reply = await model.limits.run(
                lambda: self._sound(call),
                tokens + min(model.settings.max_tokens, 500),
                before=purse.fill,
                failed=book,
            )
            usd = reply.usd
            await self._ledger.remember(key, asked, reply)
        except ArenaInstructError as error:
            # What stops the run (an endpoint that is down) is no failure of the calls behind it.
            if not isinstance(error, StopRun):
                self.tally.failed[call.alias] += 1
            raise
        finally:
            await purse.spend(usd)
        self.tally.paid[call.alias] += 1
        self.tally.spend(reply)
        return _Paid(reply, failures + 1)

    async def _sound(self, call: Call) -> Reply:
        return sound(await self.models[call.alias].provider.complete(call))

    def _unserved(self, key: str, asked: Request) -> ModelError | Diverged:
        """Return what a call ends with that nobody may be asked: its recorded failure, or none."""
        tried = self._ledger.attempts(key)
        if tried and tried[-1].outcome == "failed":
            self.tally.failed[asked.alias] += 1
            return ModelError(tried[-1].error, tried[-1].status, tried[-1].number)
        scope = here() or _NOWHERE
        recorded = self._ledger.nearest(asked)
        if recorded is None:
            why = "nothing like it was recorded"
        else:
            why = f"it differs from the recorded one in {difference(asked, recorded) or 'nothing'}"
        return Diverged(
            f"a call of {asked.role} ({asked.alias}) in {scope.graph}/{scope.node}, round "
            f"{scope.round}, about {asked.subject or 'no record'} is not in the ledger: {why}"
        )

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
