"""The circuit breaker of one endpoint: it stops calls from hammering one that is away.

closed ──ten failures in a row──→ open ──a probe after each cool-down──→ closed on a success
                                   └──nothing succeeded for `patience_s`──→ EndpointDown
"""

import time
from collections.abc import Awaitable, Callable

from ..errors import EndpointDown
from .provider import AttemptFailed
from .secrets import redact

TRIP = 10
"""Failed attempts without a success between them that open it."""
COOL_DOWN_S, COOL_DOWN_MOST_S = 1.0, 30.0
NOTICE_S = 10.0


class Breaker:
    """Counts failures in a row; while open, holds all calls back but one probe at a time."""

    def __init__(
        self,
        endpoint: str,
        *,
        patience_s: float,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.patience_s = patience_s
        self._endpoint = endpoint
        self._notify = notify
        self._clock = clock
        self._failures = 0
        self._last = ""
        self._opened_at: float | None = None
        self._probing = False
        self._probe_at = 0.0
        self._cool_down = COOL_DOWN_S
        self._notice_at = float("-inf")
        self._announced = False

    @property
    def open(self) -> bool:
        """True while calls are held back."""
        return self._opened_at is not None

    def admits(self) -> bool:
        """Return whether an attempt may go now; while open, the one admitted is the probe."""
        if self._opened_at is None:
            return True
        if self._probing or self._clock() < self._probe_at:
            return False
        self._probing = True
        return True

    async def hold(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Wait a moment (a second at most) before asking again.

        Raises:
            EndpointDown: nothing has succeeded for as long as the patience lasts.
        """
        if self._opened_at is None:
            return
        now, left = self._clock(), self._opened_at + self.patience_s - self._clock()
        if left <= 0:
            raise self.down(f"nothing succeeded for {now - self._opened_at:.0f} s")
        if now >= self._notice_at:
            self._announce(
                now,
                f"{self._endpoint}: still no success after {now - self._opened_at:.0f} s and "
                f"{self._failures} failed attempts (last: {self._last}); "
                f"the run stops in {left:.0f} s",
            )
        until_probe = 1.0 if self._probing else self._probe_at - now
        await sleep(min(1.0, max(0.02, until_probe), left))

    def succeeded(self) -> None:
        """Close: the endpoint answers."""
        self._failures = 0
        if self._opened_at is None:
            return
        if self._announced:
            away = self._clock() - self._opened_at
            self._notify(f"{self._endpoint}: answers again after {away:.0f} s")
        self._opened_at, self._probing, self._cool_down = None, False, COOL_DOWN_S

    def failed(self, failure: AttemptFailed, *, probe: bool) -> None:
        """Count a failure; open at the tenth in a row, cool down longer after a failed probe."""
        self._failures += 1
        self._last = redact(str(failure))
        now, asked = self._clock(), failure.retry_after or 0.0
        if self._opened_at is None:
            if self._failures < TRIP:
                return
            self._trip(now)
        elif probe:
            self._probing = False
            self._cool_down = min(COOL_DOWN_MOST_S, self._cool_down * 2)
            self._probe_at = now + self._cool_down
        self._probe_at = max(self._probe_at, now + asked)

    def withdraw(self, *, probe: bool) -> None:
        """Take back an attempt that ended without saying anything about the endpoint."""
        if probe:
            self._probing = False

    def down(self, why: str) -> EndpointDown:
        """Return the error that stops the run: what was tried, what came back, what to do next."""
        return EndpointDown(
            f"{self._endpoint}: {why}; {self._failures} failures in a row, last: {self._last}. "
            "Every paid answer is kept: when the endpoint is back, resume the run "
            "(execution.patience_s says how long to wait for it)"
        )

    def _trip(self, now: float) -> None:
        self._opened_at, self._probe_at = now, now + self._cool_down
        self._announced = False
        # A rate limit can open and close it every second: one line in ten seconds is enough.
        if now >= self._notice_at:
            self._announce(
                now,
                f"{self._endpoint}: {self._failures} failures in a row (last: {self._last}); "
                "calls wait and one at a time probes; the run stops if nothing succeeds for "
                f"{self.patience_s:.0f} s",
            )

    def _announce(self, now: float, text: str) -> None:
        self._notice_at, self._announced = now + NOTICE_S, True
        self._notify(text)
