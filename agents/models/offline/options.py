"""Chooses among lettered options by what the context supports."""

import math
import re

from .question import Question
from .text import Text, read_text, stems

_CONTRARY = re.compile(
    r"\b(?:EXCEPT|NOT|weaken\w*|undermin\w*|contradict\w*|must be false|is false|cannot be true"
    r"|does not support|least supported|against)\b|\bnot (?:stated|supported|true)\b"
)
_THEME = re.compile(
    (
        r"\b(?:title|main (?:idea|point|topic|conclusion)|primary purpose|"
        r"mostly about|summar\w+|overall)\b"
    ),
    re.I,
)
_QUOTED = re.compile(r"[\"“]([^\"”]{12,})[\"”]")
_DENIAL = re.compile(r"\b(?:not|never|no|false|cannot)\b|n[’']t\b", re.I)


def choose_option(question: Question) -> int:
    """Return the index of the option that answers the question best."""
    text = read_text(question.context)
    scores = option_scores(question, text)
    return max(range(len(scores)), key=lambda i: (scores[i], -i))


def option_scores(question: Question, text: Text) -> list[float]:
    """Return how well each option answers the question."""
    if _THEME.search(question.task):
        return [_theme(text, option) for option in question.options]
    claim = _QUOTED.search(question.task)
    query = stems(claim[1]) if claim else frozenset()
    sign = -1.0 if _CONTRARY.search(question.task) else 1.0
    scores = [sign * _support(text, option) for option in question.options]
    # Among options equally at home in the passage, the one nearer to the quoted claim answers it.
    return [
        score + 0.5 * _nearness(query, option)
        for score, option in zip(scores, question.options, strict=True)
    ]


def _nearness(query: frozenset[str], option: str) -> float:
    own = stems(option)
    return len(query & own) / (len(query | own) or 1)


def _support(text: Text, option: str) -> float:
    """Return from -1 to 1 how much the passage says what the option says."""
    own = stems(option)
    best = next(iter(text.best(own, 1)), "")
    if not best:
        return -1.0
    shared = text.cover(own, best)
    numbers = set(re.findall(r"\d+", option)) <= set(re.findall(r"\d+", best))
    polarity = len(_DENIAL.findall(option)) % 2 == len(_DENIAL.findall(best)) % 2
    return shared if numbers and polarity else -shared


def _theme(text: Text, option: str) -> float:
    """Return how much an option is about what the whole passage is about."""
    own = stems(option)
    rank = {s: 1 / (1 + i) for i, s in enumerate(text.frequent[:12])}
    known = len(own & text.stems) / (len(own) or 1)
    return math.fsum(rank.get(s, 0.0) for s in own) + 0.2 * known
