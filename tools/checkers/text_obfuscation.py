"""Obfuscation: none of the terms, in any case, is left in the answer as a whole word.

That is what a program can see of it; whether the text still tells the same is for the jury.
"""

from .spans import find
from .task import CheckTask, Rule
from .text import canonical


def _problem(task: CheckTask) -> str:
    if not task.terms:
        return "no terms are given"
    context = canonical(task.context)
    for term in task.terms:
        if len(term.strip()) < 2 or not find((term.strip(),), context, any_case=True):
            return f"the term {term!r} does not occur in the text, or is a single character"
    return ""


def _fault(answer: str, task: CheckTask) -> str:
    if not any(map(str.isalnum, answer)):
        return "the answer is empty"
    terms = tuple(term.strip() for term in task.terms)
    found = find(terms, canonical(answer), any_case=True)
    return f"the text still has {found[0][0]!r}" if found else ""


RULE = Rule(_problem, _fault)
