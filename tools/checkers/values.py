"""Dates, times and quantities as they are written, read so that two notations can be compared.

What is ambiguous (03/04/2021; 1.200) is read as every value it may have; two notations agree when
they share one.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal

Kind = Literal["date", "time", "quantity", "digits"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[12]\d{3})"
_DATES = tuple(
    re.compile(rf"(?<![\w])(?<!\d[./-])(?:{pattern})(?![./-]?\w)", re.IGNORECASE)
    for pattern in (
        rf"{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        r"(?P<year>[12]\d{3})(?P<gap>[-/.])(?P<n>[01]?\d)(?P=gap)(?P<day>[0-3]?\d)",
        r"(?P<one>[0-3]?\d)(?P<gap>[-/.])(?P<two>[0-3]?\d)(?P=gap)(?P<year>[12]\d{3})",
    )
)
_TIME = re.compile(
    r"(?<![\w:.,])(?P<hour>[0-2]?\d)(?::(?P<minute>[0-5]\d))?(?:\s?(?P<half>[ap])\.?m\.?)?(?![\w:]|[.,]\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[., '’\u00a0\u202f]\d{3})*(?:[.,]\d+)?")
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()


def dates(text: str) -> Iterator[tuple[re.Match[str], frozenset[date]]]:
    """Yield every date in the text with the days that it may mean."""
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if days := frozenset(_days(match.groupdict())):
                yield match, days


def _days(parts: dict[str, str | None]) -> Iterator[date]:
    year, day = int(parts["year"] or 0), int(parts.get("day") or 0)
    if name := parts.get("month"):
        orders = [(_MONTHS.index(name[:3].lower()) + 1, day)]
    elif parts.get("n"):
        orders = [(int(parts["n"] or 0), day)]
    else:
        one, two = int(parts["one"] or 0), int(parts["two"] or 0)
        orders = [(one, two), (two, one)]
    for month, day in orders:
        try:
            yield date(year, month, day)
        except ValueError:  # the 31st of June, or a thirteenth month: not this order
            continue


def times(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield every time of day in the text with its minutes after midnight."""
    for match in _TIME.finditer(text):
        hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
        if half and 1 <= hour <= 12:
            yield match, (hour % 12 + (12 if half in "pP" else 0)) * 60 + minute
        elif not half and match["minute"] and hour < 24:
            yield match, hour * 60 + minute


def quantities(text: str) -> frozenset[float]:
    """Return the values that a text with one number in it may have; empty for none or several."""
    lower = text.lower()
    words = re.findall(r"[a-z]+", lower)
    scale = next((_SCALES[word] for word in words if word in _SCALES), 1.0)
    found = _NUMBER.findall(lower)
    if len(found) == 1:
        return frozenset(round(value * scale, 9) for value in _numbers(found[0]))
    spelt = [_WORDS.index(word) for word in words if word in _WORDS]
    return frozenset({spelt[0] * scale}) if not found and len(spelt) == 1 else frozenset()


def _numbers(text: str) -> set[float]:
    """Return the values of one number; a lone `.` or `,` is read both ways where both can be."""
    text = re.sub(r"[ '’\u00a0\u202f]", "", text)
    marks = re.findall(r"[.,]", text)
    if not marks:
        return {float(text)}
    last = max(text.rfind("."), text.rfind(","))
    whole, part = (re.sub(r"[.,]", "", digits) for digits in (text[:last], text[last:]))
    decimal, grouped = float(f"{whole}.{part}"), float(whole + part)
    in_groups = re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", text) is not None
    if len(marks) > 1 and len(set(marks)) == 1:
        return {grouped} if in_groups else set()
    return {decimal, grouped} if in_groups else {decimal}


def same_value(old: str, new: str) -> Kind | None:
    """Return as what the two notations have one value, or None where they do not agree."""
    old_dates, new_dates = _only_date(old), _only_date(new)
    if old_dates or new_dates:
        return "date" if old_dates & new_dates else None
    old_time, new_time = _only_time(old), _only_time(new)
    if old_time is not None and new_time is not None:
        return "time" if old_time == new_time else None
    if old_numbers := quantities(old):
        return "quantity" if old_numbers & quantities(new) else None
    old_digits, new_digits = re.sub(r"\D", "", old), re.sub(r"\D", "", new)
    return "digits" if len(old_digits) >= 4 and new_digits.endswith(old_digits) else None


def _only_date(text: str) -> frozenset[date]:
    found = [days for match, days in dates(text) if match[0] == text.strip()]
    return found[0] if found else frozenset()


def _only_time(text: str) -> int | None:
    return next((value for match, value in times(text) if match[0] == text.strip()), None)
