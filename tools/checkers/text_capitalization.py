"""Capitalization: one change of case for the whole text, for listed words, or for all but those.

The first term is the change; further terms are the words it applies to (none: the whole text).
The replacements are words that stay as they are; they go only with a change of the whole text.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from .spans import outside, swap, terms_problem
from .task import CheckTask, Rule
from .text import difference, trimmed


def _initials(text: str) -> str:
    """Raise the first letter or digit of every word; words are set apart by white space."""
    return re.sub(r"(?<!\S)(\S*?)([^\W_])", lambda m: m[1] + m[2].upper(), text)


CHANGES: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "swap": str.swapcase,
    "initials": _initials,
}


def _problem(task: CheckTask) -> str:
    if not task.terms or task.terms[0] not in CHANGES:
        return f"the first term must be one of {', '.join(CHANGES)}"
    words = task.terms[1:] or task.replacements
    if task.terms[1:] and task.replacements:
        return "give words to change or words to keep, not both"
    if words and (found := terms_problem(replace(task, terms=words))):
        return found
    if _expected(task) == trimmed(task.context):
        return "the text is already as the task wants it"
    return ""


def _expected(task: CheckTask) -> str:
    change, words = CHANGES[task.terms[0]], task.terms[1:]
    if words:
        return trimmed(swap(words, task.context, change))
    return trimmed(outside(task.replacements, task.context, change))


def _fault(answer: str, task: CheckTask) -> str:
    expected, found = _expected(task), answer
    # Both capital forms of ß are in use, and both "Well-known" and "Well-Known" raise initials.
    expected, found = expected.replace("ẞ", "SS"), found.replace("ẞ", "SS")
    if task.terms[0] == "initials":
        expected, found = _low_after_hyphen(expected), _low_after_hyphen(found)
    return difference(expected, found)


def _low_after_hyphen(text: str) -> str:
    return re.sub(r"(?<=\w[-–/])\w", lambda match: match[0].lower(), text)


RULE = Rule(_problem, _fault)
