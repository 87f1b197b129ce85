"""Finds the best answer it can to a question, by retrieval and small procedures.

It is what a contender answers with, what a juror compares with, and what the gate asks whether a task
can be answered at all. It is a classical baseline, not an oracle.
"""

import re
from functools import lru_cache

from .asking import KNOWN, QUOTED, Question, asked_in, query_of
from .procedures import PROCEDURES, UNSTATED, Pairs, Solution
from .text import Text, read_text, same_claim, stems

CONTRARY = re.compile(
    r"\b(?:EXCEPT|exception|NOT|weaken\w*|undermin\w*|contradict\w*|clash\w*|false|error|flaw\w*|contrary"
    r"|against)\b|\bnot (?:stated|supported|true|support)\b|does not support"
)


@lru_cache(maxsize=2048)
def solve(question: Question) -> Solution:
    """Answer a question from its context as well as classical means can."""
    text = read_text(question.context)
    if question.options:
        scores = _option_scores(question, text)
        at = max(range(len(scores)), key=lambda i: (scores[i], -i))
        chosen = question.options[at]
        return Solution(f"{chr(65 + at)}. {chosen}", "".join(text.best(stems(chosen))), "option")
    found = _proceed(question.task, text)
    if isinstance(found, str):
        return Solution(found, kind="value" if found.isdigit() else "text")
    return found or _retrieve(question)


def _proceed(task: str, text: Text) -> Solution | str | None:
    asked = asked_in(task)
    if asked is None or (asked.way.edits and not text.text):
        return None
    return PROCEDURES[asked.way.do].answer(asked, text) or None


def check_of(task: str, text: str) -> Pairs:
    """Return what a checker has to know of a task about a text; nothing where no program can check it."""
    asked = asked_in(task)
    check = PROCEDURES[asked.way.do].check if asked else None
    return check(asked, read_text(text)) if asked and check else ((), ())


def _option_scores(question: Question, text: Text) -> list[float]:
    claim = QUOTED.search(question.task)
    query = stems(claim[1]) if claim else frozenset()
    sign = -1.0 if CONTRARY.search(question.task) else 1.0
    # Among options equally at home in the passage, the one nearer to the quoted claim answers it.
    near = [len(query & stems(o)) / (len(query | stems(o)) or 1) for o in question.options]
    return [sign * _support(text, o) + 0.5 * n for o, n in zip(question.options, near, strict=True)]


def _support(text: Text, option: str) -> float:
    """Return from -1 to 1 how much the passage says what the option says."""
    own = stems(option)
    best = next(iter(text.best(own)), "")
    shared = text.cover(own, best) if best else 1.0
    return shared if best and same_claim(option, best) else -shared


def _retrieve(question: Question) -> Solution:
    """Answer with the sentence that meets the question best, or say that there is none."""
    text = read_text(question.context or question.task)
    query = query_of(question.task) or frozenset(text.frequent[:6])
    best = next(iter(text.best(query)), "")
    # The context has to know two thirds of what is asked about, and one sentence most of it.
    known = text.cover(query, best) >= KNOWN and len(query & text.stems) * 3 >= len(query) * 2
    return Solution(best, best) if best and known else Solution(UNSTATED, best, known=False)
