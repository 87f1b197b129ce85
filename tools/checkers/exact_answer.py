"""Exact answer: the answer is one of the terms, letter by letter; there is no text to look at."""

from .task import CheckTask, Rule
from .text import trimmed


def _problem(task: CheckTask) -> str:
    if not task.terms:
        return "no right answer is given"
    if any(not trimmed(term).strip() for term in task.terms):
        return "a right answer is empty"
    return ""


def _fault(answer: str, task: CheckTask) -> str:
    right = [trimmed(term).strip() for term in task.terms]
    if answer.strip() in right:
        return ""
    return f"expected {' or '.join(map(repr, right[:3]))}, found {answer[:60]!r}"


RULE = Rule(_problem, _fault, literal=True, decides=True)
