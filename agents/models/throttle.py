"""Requests and tokens per minute: token buckets that may go into debt and say how long to wait.

A caller takes its share at once and sleeps its own time: the order of arrival is kept by
arithmetic, without a queue.
"""

import time
from collections.abc import Awaitable, Callable

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
    """The requests and tokens per minute of one model."""

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
