"""Which fault an attempt meets: decided by a hash, so that every run meets the same ones."""

from hashlib import blake2b
from typing import Literal

from .options import MockOptions

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
