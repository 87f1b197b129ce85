"""How the mock server behaves: the names of its command line, and the fault that an attempt meets."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal


@dataclass(frozen=True, slots=True)
class MockOptions:
    """Latency, faults and replies; rates are shares of all attempts, 0 to 1, and add up."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes a free one."""
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    """Up to so much more, by the request's hash."""
    rate_429: float = 0.0
    rate_500: float = 0.0
    rate_drop: float = 0.0
    """The connection closes without an answer."""
    rate_malformed: float = 0.0
    """Half a JSON body."""
    rate_hang: float = 0.0
    """No answer before `hang_s`."""
    rate_garbage: float = 0.0
    """A valid response whose content is not what the schema asks."""
    retry_after: float = 1.0
    """Seconds in the Retry-After header of a 429."""
    hang_s: float = 600.0
    schema: Literal["schema", "json", "prompt"] = "schema"
    """The most structure it understands; what is above is answered with 400."""
    thoughts: Literal["none", "tags", "field", "only"] = "none"
    """Where thoughts stand: in `<think>` before the content, in a field beside it, or in its place."""
    context: int = 0
    """Tokens of prompt and reply together that it takes; 0 takes any."""
    replies: Literal["canned", "offline"] = "canned"
    tokens: int = 200
    """About how long a canned reply is."""
    key: str = ""
    """The key it demands; empty takes any."""
    seed: int = 0
    """Which attempts meet which fault."""


Fault = Literal["", "429", "500", "drop", "malformed", "hang", "garbage"]


def share(*parts: object) -> float:
    """Return a number from 0 to below 1, a hash of the parts."""
    digest = blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64


def pick_fault(options: MockOptions, digest: str, attempt: int) -> Fault:
    """Return the fault of one attempt at a request; the next attempt draws anew."""
    rates: tuple[tuple[Fault, float], ...] = (
        ("429", options.rate_429),
        ("500", options.rate_500),
        ("drop", options.rate_drop),
        ("malformed", options.rate_malformed),
        ("hang", options.rate_hang),
        ("garbage", options.rate_garbage),
    )
    left = share(options.seed, digest, attempt)
    for fault, rate in rates:
        if left < rate:
            return fault
        left -= rate
    return ""
