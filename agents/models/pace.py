"""How long an attempt at a model may take: as configured, or longer where the model is known to be slow."""

from dataclasses import dataclass

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
