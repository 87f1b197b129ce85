"""Formatting: the answer parses as the format asked for, and named things are still in it.

The first term is the format; further terms are words of the text that must survive. The
replacements are keys, columns or element names that must be there.
"""

from .formats import FORMATS, Parsed
from .task import CheckTask, Rule
from .text import first_unnamed, folded

# How a task may call the format; lists are called differently in every language.
_CALLED = {
    "json": ("json",),
    "jsonl": ("jsonl", "json lines", "ndjson"),
    "yaml": ("yaml",),
    "csv": ("csv", "comma-separated"),
    "xml": ("xml",),
    "markdown_table": ("markdown",),
}
_NAMELESS = {"numbered_list", "bullet_list"}


def _problem(task: CheckTask) -> str:
    if not task.terms or task.terms[0] not in FORMATS:
        return f"the first term must be one of {', '.join(FORMATS)}"
    wanted, survivors = task.terms[0], task.terms[1:]
    calls = _CALLED.get(wanted, ())
    if calls and not any(call in folded(task.task) for call in calls):
        return f"the task does not name the format {wanted}"
    if any(not text.strip() for text in (*survivors, *task.replacements)):
        return "a term or name is empty"
    if lost := first_unnamed(survivors, task.context):
        return f"{lost!r} does not occur in the text"
    if task.replacements and wanted in _NAMELESS:
        return f"a {wanted.replace('_', ' ')} has no keys or columns to name"
    if missing := first_unnamed(task.replacements, task.task):
        return f"the task does not name {missing!r}"
    return ""


def _fault(answer: str, task: CheckTask) -> str:
    wanted = task.terms[0]
    try:
        parsed: Parsed = FORMATS[wanted](answer)
    except (ValueError, RecursionError) as error:
        return f"not {wanted}: {error}"
    names = set(map(folded, parsed.names))
    absent = [name for name in task.replacements if folded(name) not in names]
    lost = first_unnamed(task.terms[1:], parsed.content)
    if absent:
        return f"lacks {absent[0]!r}; has {', '.join(sorted(parsed.names))}"
    return lost and f"{lost!r} did not survive"


RULE = Rule(_problem, _fault)
