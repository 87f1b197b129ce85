"""Whether the value of an argument can be traced to what was said before."""

import re
from typing import Any, Literal

Trace = Literal["traced", "unclear", "invented"]

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve".split()


def trace(value: Any, said: str) -> Trace:
    """Return whether `value` stands in the text `said`.

    `traced`: it is there, whatever its case, spacing or number format; booleans and nulls always
    are. `invented`: nothing of it is there. `unclear`: a part is, or it may well be derived.
    """
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        found = {trace(part, said) for part in parts}
        if "invented" in found:
            return "invented"
        return "unclear" if "unclear" in found else "traced"
    if value is None or isinstance(value, bool):
        return "traced"
    if isinstance(value, int | float):
        return "traced" if value in _numbers(said) else "invented"
    return _trace_text(str(value), said)


def _trace_text(value: str, said: str) -> Trace:
    flat, text = _flat(value), _flat(said)
    if not flat:  # nothing, or signs only: there is no word to look for
        return "traced" if value.strip() and value.strip() in said else "unclear"
    if flat in text or flat.replace(" ", "") in text.replace(" ", ""):
        return "traced"
    if date := _ISO_DATE.match(value):
        return _trace_date(date, text, said)
    words = set(flat.split())
    there = words & set(text.split())
    if words and there == words:
        return "traced"
    numeric = _NUMBER.fullmatch(value.strip())
    if numeric and _as_number(value) in _numbers(said):
        return "traced"
    return "unclear" if there else "invented"


def _flat(text: str) -> str:
    """Return the words of a text in lower case, parted by single spaces."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _trace_date(date: re.Match[str], text: str, said: str) -> Trace:
    """Look for the day and the month of an ISO date, written in figures or in words."""
    words = set(text.split())
    day, month = int(date[3]), _MONTHS[min(int(date[2]), 12) - 1]
    has_day = day in _numbers(said) or words & {f"{day}{end}" for end in ("st", "nd", "rd", "th")}
    has_month = any(w.startswith(month) for w in words) or int(date[2]) in _numbers(said)
    if has_day and has_month:
        return "traced" if date[1] in words else "unclear"
    return "unclear"  # "tomorrow" is a date too


def _as_number(text: str) -> float:
    return float(text.strip().replace(",", ""))


def _numbers(text: str) -> set[float]:
    """Return every number of a text; small ones also when written as words."""
    figures = {_as_number(found) for found in _NUMBER.findall(text)}
    signed = figures | {-number for number in figures}
    words = set(text.casefold().split())
    return signed | {float(i) for i, word in enumerate(_COUNTED) if word in words}
