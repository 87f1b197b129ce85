"""What stands between a call and its endpoint: rate, concurrency, breaker, retries, in this order.

Aliases on one endpoint share its breaker and its adaptive concurrency; a model's requests and
tokens per minute are shared by the aliases that configure them alike.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ..errors import EndpointDown, ModelError
from .breaker import Breaker
from .call import Attempt, Reply
from .concurrency import Concurrency, Watch
from .provider import AttemptFailed
from .secrets import redact
from .settings import LocalSettings, ModelSettings

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Bucket:
    """So much a minute, with one second's worth (at least one) to be had at once.

    The refill leaves room for that burst, so that no minute holds more than `per_minute`.
    """

    def __init__(self, per_minute: int, now: float) -> None:
        self._burst = max(1.0, per_minute / 60)
        self._rate = (per_minute - (self._burst - 1.0)) / 60
        self._level = self._burst
        self._at = now

    def take(self, amount: float, now: float) -> float:
        """Take an amount and return the seconds to wait for it."""
        self._level = min(self._burst, self._level + (now - self._at) * self._rate) - amount
        self._at = now
        return max(0.0, -self._level / self._rate)

    def give(self, amount: float) -> None:
        """Give an amount back (a negative one takes more)."""
        self._level += amount


class Throttle:
    """The requests and tokens per minute of one model: token buckets that may go into debt.

    A caller takes its share at once and sleeps its own time: the order of arrival is kept by
    arithmetic, without a queue.
    """

    def __init__(self, rpm: int | None, tpm: int | None, clock: Clock = time.monotonic) -> None:
        now = clock()
        self._requests = Bucket(rpm, now) if rpm else None
        self._tokens = Bucket(tpm, now) if tpm else None
        self._clock = clock

    async def reserve(self, tokens: int, sleep: Sleep) -> None:
        """Wait until one request of about so many tokens may go."""
        now = self._clock()
        wait = self._requests.take(1, now) if self._requests else 0.0
        if self._tokens:
            wait = max(wait, self._tokens.take(tokens, now))
        if wait > 0:
            await sleep(wait)

    def correct(self, reserved: int, used: int) -> None:
        """Replace the estimate by what the request really used."""
        if self._tokens:
            self._tokens.give(reserved - used)


BACK_OFF_S, BACK_OFF_MOST_S = 0.5, 30.0
_PATIENT = 0.1
"""What a 429 takes of the retries: it speaks of the rate, not of the call."""
_OVERLOAD = frozenset({408, 429, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One model's calls at this moment, for the live view."""

    in_flight: int
    limit: int
    """Calls in flight at most; adaptive limits are those of the whole endpoint."""
    waiting: int
    """Calls that wait for the budget, their rate, a slot, the breaker or their next attempt."""
    open: bool
    """True while the breaker holds calls back."""


class Limits:
    """Runs the attempts of one alias's calls within what its endpoint bears."""

    def __init__(
        self,
        breaker: Breaker,
        slots: Concurrency,
        *,
        throttle: Throttle | None = None,
        watch: Watch | None = None,
        retries: int = 6,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._breaker = breaker
        self._slots = slots
        self._throttle = throttle
        self._watch = watch
        self._retries = retries
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._inside = 0
        self._in_flight = 0

    def snapshot(self) -> Snapshot:
        """Return this moment's numbers."""
        waiting = self._inside - self._in_flight
        return Snapshot(self._in_flight, int(self._slots.limit), waiting, self._breaker.open)

    async def run(
        self,
        attempt: Callable[[], Awaitable[Reply]],
        tokens: int,
        *,
        before: Callable[[], Awaitable[None]] | None = None,
        failed: Callable[[Attempt], Awaitable[None]] | None = None,
    ) -> Reply:
        """Return the reply of the first attempt that succeeds; `tokens` is what it may use.

        `before` is awaited ahead of every attempt and `failed` after each that gave no reply, while
        none of the endpoint's slots is held: they may wait for other calls.

        Raises:
            ModelError: the call cannot succeed, or its retries are used up.
            EndpointDown: the endpoint refuses us, or stayed away for longer than the patience.
        """
        self._inside += 1
        failures, strikes, spent = 0, 0.0, 0.0
        try:
            while True:
                if before is not None:
                    await before()
                if self._throttle is not None:
                    await self._throttle.reserve(tokens, self._sleep)
                started_at = time.time()
                outcome, seconds = await self._try(attempt)
                spent += seconds
                if isinstance(outcome, Reply):
                    self._correct(tokens, outcome.tokens_in + outcome.tokens_out)
                    return outcome if not failures else replace(outcome, seconds=spent)
                self._correct(tokens, 0)
                failures += 1
                strikes += _PATIENT if outcome.status == 429 else 1.0
                fate = self._fate(outcome, failures, strikes)
                if failed is not None:
                    await failed(_told(outcome, fate, failures, started_at, seconds))
                if fate is not None:
                    raise fate from outcome
                if self._watch is not None and not self._breaker.open:
                    self._watch.again(outcome)
                await self._back_off(outcome, failures)
        finally:
            self._inside -= 1

    async def _try(
        self, attempt: Callable[[], Awaitable[Reply]]
    ) -> tuple[Reply | AttemptFailed, float]:
        """Make one attempt; return its reply or its failure, and the seconds on the wire."""
        probe = await self._enter()
        started = self._clock()
        self._in_flight += 1
        if self._watch is not None:
            self._watch.started()
        try:
            reply = await attempt()
        except AttemptFailed as failure:
            self._learn(failure, started, probe=probe)
            return failure, self._clock() - started
        except BaseException:
            self._breaker.withdraw(probe=probe)
            raise
        else:
            self._breaker.succeeded()
            self._slots.succeeded()
            return reply, self._clock() - started
        finally:
            self._in_flight -= 1
            if self._watch is not None:
                self._watch.ended()
            self._slots.release()

    async def _enter(self) -> bool:
        """Take a slot when the breaker admits an attempt; return whether this one is the probe."""
        while True:
            await self._slots.acquire()
            if self._breaker.admits():
                return self._breaker.open
            self._slots.release()
            await self._breaker.hold(self._sleep)

    def _learn(self, failure: AttemptFailed, started: float, *, probe: bool) -> None:
        if failure.final and not failure.refused:
            self._breaker.succeeded()  # the call is wrong, but the endpoint answered it
            return
        self._breaker.failed(failure, probe=probe)
        if failure.status in _OVERLOAD or isinstance(failure.__cause__, TimeoutError):
            self._slots.overloaded(started)

    def _fate(
        self, failure: AttemptFailed, failures: int, strikes: float
    ) -> ModelError | EndpointDown | None:
        """Return what the call ends with where another attempt cannot help, or may not follow."""
        if failure.refused:
            return EndpointDown(redact(str(failure)))
        if (failure.retry_after or 0.0) > self._breaker.patience_s:
            return self._breaker.down(f"asks to wait {failure.retry_after:.0f} s")
        if failure.final:
            return ModelError(redact(str(failure)), failure.status, failures)
        if strikes > self._retries:
            told = f"{redact(str(failure))} (given up after {failures} attempts)"
            return ModelError(told, failure.status, failures)
        return None

    async def _back_off(self, failure: AttemptFailed, failures: int) -> None:
        """Sleep before the next attempt; an open breaker paces the calls itself."""
        if self._breaker.open:
            return
        if failure.retry_after:  # at once, or in the past, tells of no time: our own pace it is
            # Jitter on top: those who were told the same second do not come back in one burst.
            await self._sleep(failure.retry_after * (1 + 0.25 * self._jitter()))
        else:
            most = min(BACK_OFF_MOST_S, BACK_OFF_S * 2.0 ** (failures - 1))
            await self._sleep(most * self._jitter())

    def _correct(self, reserved: int, used: int) -> None:
        if self._throttle is not None:
            self._throttle.correct(reserved, used)


def _told(
    failure: AttemptFailed,
    fate: ModelError | EndpointDown | None,
    number: int,
    started_at: float,
    seconds: float,
) -> Attempt:
    """Return a failed attempt as it is written down."""
    outcome: Literal["again", "failed", "stopped"] = "again"
    if fate is not None:
        outcome = "failed" if isinstance(fate, ModelError) else "stopped"
    error = str(fate) if fate is not None else redact(str(failure))
    return Attempt(number, started_at, seconds, outcome, failure.status, error, failure.usage)


def share_limits(
    models: Mapping[str, ModelSettings], *, patience_s: float, notify: Callable[[str], None]
) -> dict[str, Limits]:
    """Return the limits of every alias, with what aliases share made once.

    `notify` gets a line when an endpoint goes away, about every ten seconds while it stays away,
    and when it is back; and twice a minute at most of attempts made again and of answers that do not
    come. A fixed `concurrency` is the alias's own; that of a model on this machine is its server's, whose
    slots its aliases share; `auto` is the endpoint's.
    """
    breakers: dict[str, Breaker] = {}
    watches: dict[str, Watch] = {}
    slots: dict[str, Concurrency] = {}
    fixed: dict[tuple[object, ...], Concurrency] = {}
    throttles: dict[tuple[object, ...], Throttle] = {}
    limits: dict[str, Limits] = {}
    for alias, model in models.items():
        place = model.endpoint
        rates = (place, model.model, model.rpm, model.tpm)
        if place not in breakers:
            breakers[place] = Breaker(place, patience_s=patience_s, notify=notify)
            watches[place] = Watch(place, notify)
            slots[place] = Concurrency()
        lane = (model.server if isinstance(model, LocalSettings) else alias, model.concurrency)
        if model.concurrency != "auto" and lane not in fixed:
            fixed[lane] = Concurrency(model.concurrency)
        if (model.rpm or model.tpm) and rates not in throttles:
            throttles[rates] = Throttle(model.rpm, model.tpm)
        limits[alias] = Limits(
            breakers[place],
            slots[place] if model.concurrency == "auto" else fixed[lane],
            throttle=throttles.get(rates),
            watch=watches[place],
            retries=model.retries,
        )
    return limits
