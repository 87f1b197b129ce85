"""An API simulator: it validates a call and answers it from the API's example result.

Executable enough to teach calling: a wrong call gets an error text that says what to change, a
right one gets a result that is plausible, echoes its arguments, and is the same for the same
arguments in every run. There is no clock and no randomness.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any

from .api_spec import ApiLike
from .full_text import clean
from .tool_call import CheckedCall, check_call

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COUNTS = {"limit", "count", "pagesize", "perpage", "top", "maxresults", "n", "first"}
_MOST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class SimResult:
    """What the API answered."""

    ok: bool
    content: str
    """JSON text: the result, or an object with `error`."""


def simulate(apis: Sequence[ApiLike], name: str, arguments_json: str) -> SimResult:
    """Answer one call of one of the APIs."""
    call = check_call(apis, name, arguments_json)
    if call.problems or call.api is None:
        return SimResult(False, _json({"error": "; ".join(call.problems)}))
    return SimResult(True, _json(_result(call, call.api)))


def _json(value: Any) -> str:
    """Return JSON text that any store takes: a lone surrogate becomes a question mark."""
    return clean(json.dumps(value, ensure_ascii=False))


def _result(call: CheckedCall, api: ApiLike) -> Any:
    canonical = json.dumps([api.name, call.arguments], sort_keys=True)
    try:
        example = json.loads(api.returns)
    except (ValueError, RecursionError):
        # Only a sentence is known: acknowledge, and show what was understood.
        done = {"status": "ok", "message": api.returns} if api.returns else {"status": "ok"}
        return done | {k: v for k, v in call.arguments.items() if k not in done}
    return _Variation(call.arguments, canonical).of(example, "", "")


class _Variation:
    """One result derived from an example: arguments echoed, the rest varied by their hash."""

    def __init__(self, arguments: dict[str, Any], canonical: str) -> None:
        self._echo = {_plain(name): value for name, value in arguments.items()}
        ids = [value for name, value in self._echo.items() if name.endswith("id")]
        # `user_id` names the result's own `id`, but not that of the objects inside it.
        self._own_id = ids[0] if len(ids) == 1 else None
        self._most = most_asked(arguments)
        self._canonical = canonical

    def of(self, value: Any, key: str, path: str) -> Any:
        """Return the varied value that stands under `key` at `path`."""
        if isinstance(value, dict):
            return {k: self.of(v, k, f"{path}.{k}") for k, v in value.items()}
        if isinstance(value, list):
            return self._items(value, key, path)
        echoed = self._echo.get(_plain(key)) if key else None
        if path.lower() == ".id" and echoed is None:
            echoed = self._own_id
        if echoed is not None and _alike(echoed, value):
            return echoed
        return self._scalar(value, key, path)

    def _items(self, values: list[Any], key: str, path: str) -> list[Any]:
        if not values:
            return []
        # Only lists of objects are result lists; a list of plain values keeps its length.
        wanted = len(values)
        if isinstance(values[0], dict):
            wanted = min(self._most, 1 + self._hash(f"{path}#") % _MOST_ITEMS)
        return [self.of(values[i % len(values)], key, f"{path}[{i}]") for i in range(wanted)]

    def _scalar(self, value: Any, key: str, path: str) -> Any:
        number = self._hash(path)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return 1000 + number % 9000 if _is_id(key) else _near(value, number)
        if isinstance(value, float):
            return round(value * (0.5 + number % 1000 / 1000), 2)
        return _vary_text(str(value), key, number)

    def _hash(self, path: str) -> int:
        text = f"{self._canonical}\x1f{path}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=8).digest())


def most_asked(arguments: Mapping[str, Any]) -> int:
    """Return how many things a call asks for at most, by an argument such as `limit`."""
    return min((_count(v) for name, v in arguments.items() if _plain(name) in _COUNTS), default=99)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_id(key: str) -> bool:
    return bool(re.search(r"(^id$|_id$|[a-z]Id$|^ID$|[a-z]ID$|uuid)", key))


def _count(value: Any) -> int:
    """Return how many items an argument such as `limit` allows."""
    usable = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return int(value) if usable else 99


def _alike(first: Any, second: Any) -> bool:
    """Return whether an argument may stand where the example has a value."""
    numbers = (int, float)
    if isinstance(first, bool) or isinstance(second, bool):
        return isinstance(first, bool) and isinstance(second, bool)
    if isinstance(first, numbers) and isinstance(second, numbers):
        return True
    return isinstance(first, str) and isinstance(second, str)


def _near(value: int, number: int) -> int:
    """Return an integer of the same sign and size."""
    if value == 0:
        return 0
    spread = max(2, abs(value) // 2)
    return value + (number % spread if value > 0 else -(number % spread))


def _vary_text(text: str, key: str, number: int) -> str:
    """Vary what would differ between two results; words that carry meaning stay."""
    if _UUID.fullmatch(text):
        digits = f"{number:016x}{number * 0x9E3779B97F4A7C15 % 2**64:016x}"
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return "-".join(parts)
    if _DATE.match(text):
        return _shift(text, number % 300)
    text = text.removeprefix("example ") if _is_id(key) else text
    if _is_id(key):
        return f"{re.sub(r'[^A-Za-z]+$', '', text)[:12].strip() or key}-{number % 16**6:06x}"
    if text.startswith("example "):
        return f"{text[8:]} {number % 900 + 100}"
    return text


def _shift(text: str, days: int) -> str:
    try:
        moved = date.fromisoformat(text[:10]) + timedelta(days=days)
    except (ValueError, OverflowError):
        return text
    return moved.isoformat() + text[10:]
