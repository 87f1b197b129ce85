"""Data normalization: each value as the text writes it turns into its normal form.

The pairs come from the writer, so a program first makes sure of them: both sides have one value,
all dates (or times) take one shape, and no further date (or time) of the text is left out.
"""

import re

from .spans import covering, find, replaced, terms_problem
from .task import CheckTask, Rule
from .text import canonical, difference, trimmed
from .values import Kind, dates, same_value, times


def _problem(task: CheckTask) -> str:
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


def _fault(answer: str, task: CheckTask) -> str:
    expected = replaced(task.terms, task.replacements, task.context)
    return difference(trimmed(expected), answer)


RULE = Rule(_problem, _fault)
