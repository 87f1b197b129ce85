"""How many attempts may be in flight at one endpoint: a fixed number, or one that adapts.

The adaptive limit starts low and doubles with every round of successes until the endpoint first
shows that it is too much (429, 503, a timeout); from there it rises by one a round and falls by
three tenths at each further sign, as TCP does. What an endpoint makes a run wait for is told as it happens.

How long an attempt at a model may take: as configured, or longer where the model is known to be slow.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .provider import AttemptFailed
from .secrets import redact

START, CEILING, FLOOR = 8, 256, 1
CUT = 0.7
SETTLE_S = 1.0
"""Seconds between two cuts at least: one overload is answered once, not by every call in flight."""


class Concurrency:
    """Slots for attempts in flight, handed out in the order they were asked for."""

    def __init__(
        self, fixed: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = float(fixed or START)
        self.in_flight = 0
        self._adaptive = fixed is None
        self._doubling = True
        self._cut_at = float("-inf")
        self._clock = clock
        self._queue: deque[asyncio.Future[None]] = deque()

    async def acquire(self) -> None:
        """Take a slot, waiting for one where all are taken."""
        if self.in_flight < int(self.limit) and not self._queue:
            self.in_flight += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # The slot may have been granted in the same tick as the cancellation: hand it on.
            if not turn.cancelled():
                self.release()
            elif turn in self._queue:
                self._queue.remove(turn)
            raise

    def release(self) -> None:
        """Give a slot back; the next in the queue gets it."""
        self.in_flight -= 1
        self._grant()

    def succeeded(self) -> None:
        """Rise, if the limit is what holds calls back; called while the slot is still held."""
        if not self._adaptive or not (self._queue or self.in_flight >= int(self.limit)):
            return
        self.limit = min(CEILING, self.limit + (1.0 if self._doubling else 1.0 / self.limit))
        self._grant()

    def overloaded(self, started: float) -> None:
        """Fall, unless the attempt began before the last cut and so says nothing about it."""
        now = self._clock()
        if not self._adaptive or started < self._cut_at or now < self._cut_at + SETTLE_S:
            return
        self.limit = max(FLOOR, self.limit * CUT)
        self._doubling = False
        self._cut_at = now

    def _grant(self) -> None:
        while self._queue and self.in_flight < int(self.limit):
            turn = self._queue.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)


NOTICE_S = 30.0
"""Seconds between two lines about the same."""
SILENCE_S = 30.0
"""Seconds without any answer after which it is told that there is none."""


class Watch:
    """Counts the attempts of one endpoint that are under way, and those that failed."""

    def __init__(
        self,
        endpoint: str,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._notify = notify
        self._clock = clock
        self._flying = 0
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._failed = 0
        self._told_at = float("-inf")

    def started(self) -> None:
        """Count an attempt that leaves."""
        self._flying += 1
        if self._flying == 1:
            self._heard_at = self._clock()
            self._look_in(SILENCE_S)

    def ended(self) -> None:
        """Count one that came back, well or not."""
        self._flying -= 1
        self._heard_at = self._clock()
        if not self._flying and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def again(self, failure: AttemptFailed) -> None:
        """Tell that an attempt failed and another one follows."""
        self._failed += 1
        now = self._clock()
        if now < self._told_at + NOTICE_S:
            return
        since = f" since {now - self._told_at:.0f} s ago" if self._failed > 1 else ""
        many = f"{self._failed} attempts" if self._failed > 1 else "an attempt"
        self._notify(
            f"{self._endpoint}: {many} failed{since} and will be made again: {redact(str(failure))}"
        )
        self._failed, self._told_at = 0, now

    def silent(self) -> None:
        """Tell of an endpoint that has not answered anything for a while; look again later."""
        quiet = self._clock() - self._heard_at
        if quiet >= SILENCE_S:
            calls = "1 call waits" if self._flying == 1 else f"{self._flying} calls wait"
            self._notify(f"{self._endpoint}: no answer for {quiet:.0f} s; {calls} for one")
        self._look_in(SILENCE_S if quiet >= SILENCE_S else SILENCE_S - quiet)

    def _look_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self.silent)


_MOST = 4.0
"""Times the configured limit that an attempt is waited for, at most."""
_SPARE = 2.0
"""Times the time that the longest reply would take, as fast as the slowest lately."""
_FADES = 0.9


@dataclass(slots=True)
class Pace:
    """The speed of one model at one endpoint, shared by its aliases."""

    s_per_token: float = 0.0
    """Of its slowest replies lately, all that an answer takes counted in; 0 before the first."""

    def took(self, seconds: float, tokens: int) -> None:
        """Learn from a reply; short ones tell of the wait before them and not of the work.

        Tokens are those written or, where a model only reads, those read.
        """
        if tokens >= 16:
            self.s_per_token = max(self.s_per_token * _FADES, seconds / tokens)

    def limit(self, timeout_s: float, tokens: int, late: int) -> float:
        """Return the seconds for an attempt at a call that was not answered in time `late` times."""
        needed = self.s_per_token * tokens * _SPARE
        return min(timeout_s * _MOST, max(timeout_s, needed) * 2.0**late)
