"""Keyword replacement: each term becomes the replacement at its place in the list, all at once."""

from .spans import replaced, terms_problem
from .task import CheckTask, Rule
from .text import canonical, difference, first_unnamed, trimmed


def _problem(task: CheckTask) -> str:
    if len(task.terms) != len(task.replacements):
        return f"{len(task.terms)} terms but {len(task.replacements)} replacements"
    if found := terms_problem(task):
        return found
    if any(not new.strip() for new in task.replacements):
        return "a replacement is empty: that is removing"
    for old, new in zip(task.terms, task.replacements, strict=True):
        if canonical(old) == canonical(new):
            return f"the term {old!r} is replaced by itself"
    if missing := first_unnamed(task.replacements, task.task):
        return f"the task does not name the replacement {missing!r}"
    return ""


def _fault(answer: str, task: CheckTask) -> str:
    expected = replaced(task.terms, task.replacements, task.context)
    return difference(trimmed(expected), answer)


RULE = Rule(_problem, _fault)
