"""Removing and redaction: the terms disappear, or a marker stands in their place.

With a marker the text is compared character by character; without one, blanks and empty lines that
a deletion leaves behind may be tidied away or kept.
"""

import re

from .spans import replaced, terms_problem
from .task import CheckTask, Rule
from .text import difference, first_unnamed, trimmed


def _problem(task: CheckTask) -> str:
    if len(task.replacements) not in {0, 1, len(task.terms)}:
        count = len(task.replacements)
        return f"{count} markers for {len(task.terms)} terms: give none, one, or one for each"
    if found := terms_problem(task):
        return found
    if any(not marker.strip() for marker in task.replacements):
        return "a marker is empty: leave the list of markers empty for plain deletion"
    if missing := first_unnamed(task.replacements, task.task):
        return f"the task does not name the marker {missing!r}"
    expected = _expected(task)
    if not expected.strip() or expected == trimmed(task.context):
        return "nothing of the text would be left, or nothing would change"
    return ""


def _expected(task: CheckTask) -> str:
    markers = task.replacements or ("",)
    if len(markers) == 1:
        markers = markers * len(task.terms)
    return trimmed(replaced(task.terms, markers, task.context))


def _tidy(text: str) -> str:
    """Return the text without the blanks and empty lines that a deletion leaves behind."""
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r" (?=[,.;:!?)\]}])|(?<=[(\[{]) ", "", text)
    return re.sub(r" ?\n[ \n]*", "\n", text).strip()


def _fault(answer: str, task: CheckTask) -> str:
    expected = _expected(task)
    if task.replacements:
        return difference(expected, answer)
    return difference(_tidy(expected), _tidy(answer))


RULE = Rule(_problem, _fault)
