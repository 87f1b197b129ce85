"""Small sums over numbers that a context gives: the larger, the total, the difference."""

import re
from collections.abc import Callable

from .question import Question
from .text import NUMBER, read_text

_ABOUT = re.compile(r"where it speaks of ([^.?!;]+?)(?= and the (?:one|number)|[.?!;]|$)", re.I)


def value_of(number: str) -> float:
    """Return the value of a number as written, thousands separators or not."""
    return float(number.replace(",", "").rstrip("."))


def shown(value: float) -> str:
    """Write a value without needless decimals."""
    return str(int(value)) if value == int(value) else f"{value:.4f}".rstrip("0")


def numbers_about(context: str, query: frozenset[str]) -> tuple[list[str], str]:
    """Return the numbers of the numbered sentence that meets a query best, and the sentence."""
    text = read_text(context)
    held = [s for s in text.best(query, 5) if NUMBER.search(s)]
    return (NUMBER.findall(held[0]), held[0]) if held else ([], "")


def solve_sum(
    question: Question, query_of: Callable[[str], frozenset[str]]
) -> tuple[str, str] | None:
    """Return the result of the asked sum and the sentence it rests on; None when it is no sum."""
    topics = _ABOUT.findall(question.task)
    if len(topics) < 2:
        return None
    found = [numbers_about(question.context, query_of(topic)) for topic in topics[:2]]
    if not all(numbers for numbers, _ in found):
        return None
    first, second = (value_of(numbers[0]) for numbers, _ in found)
    return shown(_combine(question.task, first, second)), found[0][1]


def _combine(task: str, first: float, second: float) -> float:
    if re.search(r"\b(?:sum|total|add)\b", task, re.I):
        return first + second
    if re.search(r"\b(?:difference|minus|subtract)\b", task, re.I):
        return abs(first - second)
    if re.search(r"\bsmaller\b", task, re.I):
        return min(first, second)
    return max(first, second)
