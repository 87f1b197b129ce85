"""Extraction: the answer lists exactly the spans of the text that are asked for, each as the text has it.

The terms are the spans; a list in JSON, a bullet list, or a line each is read, in any order.
"""

import json
import re

from .spans import find
from .task import CheckTask, Rule
from .text import canonical

_BULLET = re.compile(r"\A(?:[-*•–]|\d{1,3}[.)]|\([a-z\d]{1,2}\)) ")


def _problem(task: CheckTask) -> str:
    if not task.terms:
        return "no spans are given"
    if len(set(map(canonical, task.terms))) < len(task.terms):
        return "a span is given twice"
    context = canonical(task.context)
    for term in task.terms:
        if not term.strip() or not find((term.strip(),), context):
            return f"the span {term!r} does not stand in the text as it is"
    return ""


def _fault(answer: str, task: CheckTask) -> str:
    given = [canonical(item).strip() for item in items(answer)]
    wanted = [canonical(term).strip() for term in task.terms]
    for term in wanted:
        if term not in given:
            return f"{term!r} is not listed"
    if extra := [item for item in given if item not in wanted]:
        return f"{extra[0][:80]!r} is not one of the spans asked for"
    if len(given) > len(wanted):
        return "a span is listed twice"
    return ""


def items(answer: str) -> list[str]:
    """Return what an answer lists."""
    try:
        value = json.loads(answer)
    except ValueError:
        lines = [_BULLET.sub("", line.strip()) for line in answer.splitlines() if line.strip()]
        return [_unquoted(line.strip()) for line in lines]
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _unquoted(text: str) -> str:
    pairs = {'"': '"', "'": "'", "“": "”", "«": "»", "`": "`"}
    return text[1:-1] if len(text) > 2 and pairs.get(text[0]) == text[-1] else text


RULE = Rule(_problem, _fault)
