"""What one endpoint makes a run wait for, told as it happens: attempts made again, answers that do not come.

A line at most every so many seconds, whatever goes wrong: it counts what it does not tell.
"""

import asyncio
import time
from collections.abc import Callable

from .provider import AttemptFailed
from .secrets import redact

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
