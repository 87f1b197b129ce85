"""Edits of terms of a text: each replaced, removed, hidden, in other capitals, or in its normal form."""

import re
from collections.abc import Callable
from dataclasses import replace

from .spans import covering, find, outside, replaced, swap, terms_problem
from .task import CheckTask, Rule
from .text import canonical, difference, first_unnamed, trimmed
from .values import Kind, dates, same_value, times


def _problem_replacing(task: CheckTask) -> str:
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


def _fault_replacing(answer: str, task: CheckTask) -> str:
    expected = replaced(task.terms, task.replacements, task.context)
    return difference(trimmed(expected), answer)


REPLACING = Rule(_problem_replacing, _fault_replacing)
"""Keyword replacement: each term becomes the replacement at its place in the list, all at once."""


def _problem_removing(task: CheckTask) -> str:
    if len(task.replacements) not in {0, 1, len(task.terms)}:
        count = len(task.replacements)
        return f"{count} markers for {len(task.terms)} terms: give none, one, or one for each"
    if found := terms_problem(task):
        return found
    if any(not marker.strip() for marker in task.replacements):
        return "a marker is empty: leave the list of markers empty for plain deletion"
    if missing := first_unnamed(task.replacements, task.task):
        return f"the task does not name the marker {missing!r}"
    expected = _removed(task)
    if not expected.strip() or expected == trimmed(task.context):
        return "nothing of the text would be left, or nothing would change"
    return ""


def _removed(task: CheckTask) -> str:
    markers = task.replacements or ("",)
    if len(markers) == 1:
        markers = markers * len(task.terms)
    return trimmed(replaced(task.terms, markers, task.context))


def _tidy(text: str) -> str:
    """Return the text without the blanks and empty lines that a deletion leaves behind."""
    text = re.sub(r"[^\S\n]+", " ", text)
    text = re.sub(r" (?=[,.;:!?)\]}])|(?<=[(\[{]) ", "", text)
    return re.sub(r" ?\n[ \n]*", "\n", text).strip()


def _fault_removing(answer: str, task: CheckTask) -> str:
    expected = _removed(task)
    if task.replacements:
        return difference(expected, answer)
    return difference(_tidy(expected), _tidy(answer))


REMOVING = Rule(_problem_removing, _fault_removing)
"""Removing and redaction: the terms disappear, or a marker stands in their place.

With a marker the text is compared character by character; without one, blanks and empty lines that
a deletion leaves behind may be tidied away or kept.
"""


def _problem_obfuscation(task: CheckTask) -> str:
    if not task.terms:
        return "no terms are given"
    context = canonical(task.context)
    for term in task.terms:
        if len(term.strip()) < 2 or not find((term.strip(),), context, any_case=True):
            return f"the term {term!r} does not occur in the text, or is a single character"
    return ""


def _fault_obfuscation(answer: str, task: CheckTask) -> str:
    if not any(map(str.isalnum, answer)):
        return "the answer is empty"
    terms = tuple(term.strip() for term in task.terms)
    found = find(terms, canonical(answer), any_case=True)
    return f"the text still has {found[0][0]!r}" if found else ""


OBFUSCATION = Rule(_problem_obfuscation, _fault_obfuscation)
"""Obfuscation: none of the terms, in any case, is left in the answer as a whole word.

That is what a program can see of it; whether the text still tells the same is for the jury.
"""


def _initials(text: str) -> str:
    """Raise the first letter or digit of every word; words are set apart by white space."""
    return re.sub(r"(?<!\S)(\S*?)([^\W_])", lambda m: m[1] + m[2].upper(), text)


CHANGES: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "swap": str.swapcase,
    "initials": _initials,
}


def _problem_capitalization(task: CheckTask) -> str:
    if not task.terms or task.terms[0] not in CHANGES:
        return f"the first term must be one of {', '.join(CHANGES)}"
    words = task.terms[1:] or task.replacements
    if task.terms[1:] and task.replacements:
        return "give words to change or words to keep, not both"
    if words and (found := terms_problem(replace(task, terms=words))):
        return found
    if _recased(task) == trimmed(task.context):
        return "the text is already as the task wants it"
    return ""


def _recased(task: CheckTask) -> str:
    change, words = CHANGES[task.terms[0]], task.terms[1:]
    if words:
        return trimmed(swap(words, task.context, change))
    return trimmed(outside(task.replacements, task.context, change))


def _fault_capitalization(answer: str, task: CheckTask) -> str:
    expected, found = _recased(task), answer
    # Both capital forms of ß are in use, and both "Well-known" and "Well-Known" raise initials.
    expected, found = expected.replace("ẞ", "SS"), found.replace("ẞ", "SS")
    if task.terms[0] == "initials":
        expected, found = _low_after_hyphen(expected), _low_after_hyphen(found)
    return difference(expected, found)


def _low_after_hyphen(text: str) -> str:
    return re.sub(r"(?<=\w[-–/])\w", lambda match: match[0].lower(), text)


CAPITALIZATION = Rule(_problem_capitalization, _fault_capitalization)
"""Capitalization: one change of case for the whole text, for listed words, or for all but those.

The first term is the change; further terms are the words it applies to (none: the whole text).
The replacements are words that stay as they are; they go only with a change of the whole text.
"""


def _problem_normalization(task: CheckTask) -> str:
    if len(task.terms) != len(task.replacements):
        return f"{len(task.terms)} values but {len(task.replacements)} normal forms"
    if found := terms_problem(task, named=False):
        return found
    shapes: dict[Kind, set[str]] = {}
    for old, new in zip(task.terms, task.replacements, strict=True):
        if canonical(old) == canonical(new):
            return f"the value {old!r} is its own normal form"
        kind = same_value(canonical(old), canonical(new))
        if kind is None:
            return f"{old!r} and {new!r} cannot be shown to be the same value"
        shapes.setdefault(kind, set()).add(_shape(new))
    return _uneven(shapes) or _left_out(shapes, task)


def _shape(value: str) -> str:
    """Return what two values written in one way have in common: `2021-03-04` is `0-0-0`."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", value))


def _uneven(shapes: dict[Kind, set[str]]) -> str:
    """Refuse dates or times that are brought into more than one form."""
    for kind in ("date", "time"):
        if len(shapes.get(kind, ())) > 1:
            return f"the normal forms of {kind}s differ: {sorted(shapes[kind])}"
    return ""


def _left_out(shapes: dict[Kind, set[str]], task: CheckTask) -> str:
    """Find a date or time of the text that is neither listed nor in its normal form already."""
    context = canonical(task.context)
    listed = find(task.terms, context)
    found = {"date": [m for m, _ in dates(context)], "time": [m for m, _ in times(context)]}
    for kind, shape in shapes.items():
        for match in found.get(kind, ()):
            if covering(listed, *match.span()) is None and _shape(match[0]) not in shape:
                return f"the {kind} {match[0]!r} also stands in the text and is not listed"
    return ""


NORMALIZATION = Rule(_problem_normalization, _fault_replacing)
"""Data normalization: each value as the text writes it turns into its normal form.

The pairs come from the writer, so a program first makes sure of them: both sides have one value,
all dates (or times) take one shape, and no further date (or time) of the text is left out.
"""
