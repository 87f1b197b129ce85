"""The one door to every model: ledger, in-flight dedup, budget, limits, provider, trace, in this order.

A paid answer is committed to the ledger before the caller sees it, so a call is never paid twice but
for those in flight when the process dies. An unusable reply that is paid all the same is booked too.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ArenaInstructError, Diverged, ModelError, StopRun
from ..fence import harmless
from ..trace import Scope, Tracer, here, note
from .budget import Budget, Purse
from .call import Attempt, Call, Reply
from .characters import sound
from .flight import Flights, Gate
from .ledger import Ledger, Past
from .limits import Limits
from .provider import AttemptFailed, Provider, Resting
from .request import Request, difference, request
from .settings import ModelSettings
from .usage import Tally, dearest

_NOWHERE = Scope(Tracer("", lambda event: None), graph="-", node="-")


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A configured model, ready to be asked: its settings, who serves it, and its endpoint's limits."""

    settings: ModelSettings
    provider: Provider
    limits: Limits
    rank: int = 0
    """The place of its `max_tokens` among those of aliases that are the same model but for it."""

    @property
    def params(self) -> dict[str, Any]:
        """What changes a reply besides the turns: aliases that may write more or less reply otherwise."""
        return {**self.provider.params, **({"cap_rank": self.rank} if self.rank else {})}

    def would_write_on(self, call: Call, reply: Reply) -> bool:
        """Return whether a text was cut off where it may be longer now.

        A structured reply that was cut was asked for again, shorter, and is made good or struck out.
        """
        return call.reply_type is None and reply.cut and reply.cap < self.settings.max_tokens


@dataclass(frozen=True, slots=True)
class _Paid:
    """A reply, and how many attempts it took: none where another worker paid it."""

    reply: Reply
    attempts: int


class Door:
    """Answers calls by alias.

    Raises:
        ModelError: the call failed for good; it is the caller's to record.
        BudgetSpent, EndpointDown: the run must stop; what was paid is safe in the ledger.
        Interrupted: the door was shut.
        Diverged: the network is forbidden, and the ledger does not hold the call.
    """

    def __init__(
        self,
        models: Mapping[str, OpenModel],
        ledger: Ledger,
        budget: Budget,
        *,
        network: bool = True,
        past: Past | None = None,
        notify: Callable[[str], object] = lambda text: None,
    ) -> None:
        """Open the door; without `network` no model is asked, embedded ones neither.

        `past` is that of a fork.

        `notify` gets a line about an endpoint that does not do what it is asked.
        """
        self._notify = notify
        self.models = dict(models)
        self.tally = Tally()
        self._ledger = ledger
        self._budget = budget
        self._network = network
        self._past = past
        self._in_flight = Flights[_Paid]()
        self._longest: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()
        self.gate = Gate()
        self._on_wire = 0
        self._landed = asyncio.Event()

    async def complete(self, call: Call) -> Reply:
        """Return the reply to one call, from the ledger where it was paid before."""
        started = time.perf_counter()
        call, asked = await self._asked(call)
        key = asked.key()
        outcome, data = "left", dict[str, Any](attempts=0, repairs=call.repairs)
        try:
            reply, outcome, data["attempts"] = await self._answer(key, asked, call)
            return replace(reply, prompt=call.prompt) if self._past else reply
        except ArenaInstructError as error:
            outcome, data["error"] = "failed", str(error)
            if isinstance(error, ModelError):
                data["attempts"] = error.attempts
                error.alias, error.calls = call.alias, (key,)
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

    async def _asked(self, call: Call) -> tuple[Call, Request]:
        """Return a call as its model gets it, without control tokens, and as the ledger knows it."""
        scope = here()
        message = scope.message if scope else ""
        if self._past and (before := await self._past.asked(call, message)):
            return before
        call = harmless(call)
        model = self.models[call.alias]
        settings = model.settings
        return call, request(
            call,
            f"{settings.provider}/{settings.name}",
            model.params,
            version=settings.version,
            message=message,
        )

    async def _answer(self, key: str, asked: Request, call: Call) -> tuple[Reply, str, int]:
        """Return a reply, where it came from, and how many attempts it took."""
        found = await self._ledger.recall(key)
        longer = found is not None and self.models[call.alias].would_write_on(call, found)
        if found is not None and not (longer and self._network):
            self.tally.served[call.alias] += 1
            return found, "served", 0
        if not self._network:
            if (unusable := await self._ledger.struck(key)) is not None:
                return unusable, "served", 0
            raise await self._unserved(key, asked)
        twin = self._in_flight.boarded(key)
        paid = await self._in_flight.share(key, lambda: self._pay(key, asked, call, again=longer))
        if twin or not paid.attempts:
            self.tally.served[call.alias] += 1
            return paid.reply, "shared", 0
        return paid.reply, "paid", paid.attempts

    async def strike(self, call: Call) -> str:
        """Serve the reply to a call no more: it was paid and cannot be used; whoever asks again pays.

        Returns the call's key in the ledger.
        """
        _, asked = await self._asked(call)
        await self._ledger.strike(key := asked.key())
        return key

    async def _pay(self, key: str, asked: Request, call: Call, *, again: bool) -> _Paid:
        """Pay for a call, unless another worker on the same ledger does; `again`: its reply was cut off."""
        async with self._ledger.claimed(key) as reply:
            if reply and not self.models[call.alias].would_write_on(call, reply):
                return _Paid(reply, 0)
            if again:
                await self._ledger.strike(key)
            return await self._buy(key, asked, call)

    async def _buy(self, key: str, asked: Request, call: Call) -> _Paid:
        model = self.models[call.alias]
        tokens = sum(len(turn.content) for turn in call.turns) // 3 + 50
        purse = Purse(self._budget, dearest(call, model.settings, self._longest.get(call.alias, 0)))
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

        late = 0

        async def attempt() -> Reply:
            nonlocal late
            try:
                return await self._sound(replace(call, late=late) if late else call)
            except AttemptFailed as failure:
                late += isinstance(failure.__cause__, TimeoutError)
                raise

        try:
            reply = await model.limits.run(
                attempt,
                tokens + min(model.settings.max_tokens, 500),
                before=purse.fill,
                failed=book,
            )
            usd = reply.usd
            try:
                await self._ledger.remember(key, asked, reply)
            finally:
                self._land()
        except ArenaInstructError as error:
            # What stops the run (an endpoint that is down) is no failure of the calls behind it.
            if not isinstance(error, StopRun):
                self.tally.failed[call.alias] += 1
            raise
        finally:
            await purse.spend(usd)
        self.tally.paid[call.alias] += 1
        self.tally.spend(reply)
        self._look_at(reply, call.alias)
        return _Paid(reply, failures + 1)

    async def _sound(self, call: Call) -> Reply:
        """Return a reply of the provider; it counts as under way until it is in the ledger."""
        await self.gate.passed()
        self._on_wire += 1
        model = self.models[call.alias]
        try:
            reply = sound(await model.provider.complete(call))
            return replace(reply, cap=model.settings.max_tokens)
        except BaseException:
            self._land()
            raise

    def _land(self) -> None:
        self._on_wire -= 1
        self._landed.set()

    async def shut(self) -> None:
        """Let no request leave from now on; return once every reply under way is in the ledger."""
        self.gate.close()
        while self._on_wire:
            self._landed.clear()
            await self._landed.wait()

    def _look_at(self, reply: Reply, alias: str) -> None:
        """Learn how long replies get, and tell once of an endpoint that does not do what it is asked."""
        settings = self.models[alias].settings
        if reply.tokens_out > max(settings.max_tokens, self._longest.get(alias, 0)):
            self._longest[alias] = reply.tokens_out
            told = (
                f"wrote {reply.tokens_out:,} tokens where max_tokens allows {settings.max_tokens:,}"
            )
            if self._budget.ceiling is not None:
                told += "; from now on the ceiling holds so many back for each call"
            self._tell_once(alias, "length", told)
        if not same_model(settings.model, said := reply.answered_by):
            self._tell_once(alias, said, f"{settings.model} was asked, and {said} says it answered")

    def _tell_once(self, alias: str, what: str, text: str) -> None:
        if (alias, what) not in self._told:
            self._told.add((alias, what))
            self._notify(f"{alias}: {text}")

    async def _unserved(self, key: str, asked: Request) -> ModelError | Diverged:
        """Return what a call ends with that nobody may be asked: its recorded failure, or none."""
        tried = await self._ledger.attempts(key)
        if tried and tried[-1].outcome == "failed":
            self.tally.failed[asked.alias] += 1
            return ModelError(tried[-1].error, tried[-1].status, tried[-1].number)
        scope = here() or _NOWHERE
        recorded = await self._ledger.nearest(asked)
        if recorded is None:
            why = "nothing like it was recorded"
        else:
            why = f"it differs from the recorded one in {difference(asked, recorded) or 'nothing'}"
        return Diverged(
            f"a call of {asked.role} ({asked.alias}) in {scope.graph}/{scope.node}, round "
            f"{scope.round}, about {asked.subject or 'no record'} is not in the ledger: {why}"
        )

    async def rest(self, alias: str) -> None:
        """Let a model that is served in this process leave the memory until it is asked again."""
        provider = self.models[alias].provider
        if isinstance(provider, Resting):
            await provider.rest()

    async def aclose(self) -> None:
        """Close every provider."""
        for model in self.models.values():
            await model.provider.aclose()


def same_model(asked: str, said: str) -> bool:
    """Return whether the model that a response names can be the one that was asked.

    Endpoints name it in full: with its maker, its folder, a date, or as the file it was read from.
    """
    one, two = (re.sub(r"[^a-z0-9]+", "", n.rsplit("/", 1)[-1].lower()) for n in (asked, said))
    return not said or one in two or two in one
