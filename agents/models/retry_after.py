"""How long an endpoint asks to be left alone, from whichever place it says so."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(?<![\d.])(\d++(?:\.\d++)?)(ms|s|m|h|d)")
_SAID = re.compile(r"(?:try again|retry) in ((?:\d[\d.]*(?:ms|s|m|h|d))+)", re.IGNORECASE)
"""How a message says it: `in 7m12.5s`."""


def retry_after(headers: Mapping[str, str], error: Mapping[str, Any], status: int) -> float | None:
    """Return the seconds to wait before the next attempt, None where the endpoint does not say.

    Looks at `retry-after-ms`, `Retry-After` (seconds or a date), the error body's `retry_after_ms`,
    `retry_after` and Google's `retryDelay`, and for a 429 the `x-ratelimit-reset-*` of whatever is used
    up, and what the message says.
    """
    found = _number(headers.get("retry-after-ms"), 0.001)
    if found is None:
        found = _wait(headers.get("Retry-After", ""))
    if found is None:
        found = _number(error.get("retry_after_ms"), 0.001)
    if found is None:
        found = _number(error.get("retry_after"), 1.0)
    if found is None:
        found = _delay(error.get("details"))
    if found is None and status == 429:
        found = _reset(headers)
    if found is None and status == 429 and (said := _SAID.search(str(error.get("message")))):
        found = _span(said[1])
    return found


def _delay(details: object) -> float | None:
    """Return what a list of Google's details says."""
    told = (
        (d.get("retryDelay") for d in details if isinstance(d, dict))
        if isinstance(details, list)
        else ()
    )
    return next((_span(str(delay)) for delay in told if delay), None)


def _number(value: object, unit: float) -> float | None:
    try:
        return max(0.0, float(str(value)) * unit) if value is not None else None
    except ValueError:
        return None


def _wait(text: str) -> float | None:
    """Read the standard header: seconds, or an HTTP date."""
    seconds = _number(text.strip() or None, 1.0)
    if seconds is not None or not text:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return the longest reset (`6m0s`, `20ms`, `1.5`) among the limits that are used up."""
    waits = [
        _span(headers.get(f"x-ratelimit-reset-{what}", ""))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known) if known else None


def _span(text: str) -> float | None:
    parts = _SPAN.findall(text)
    return (
        sum(float(n) * _UNITS[unit] for n, unit in parts) if parts else _number(text or None, 1.0)
    )
