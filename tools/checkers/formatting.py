"""Answers in a format: a text that is set in one, and data asked for as JSON."""

import json
from typing import Any

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


def _problem_formatting(task: CheckTask) -> str:
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


def _fault_formatting(answer: str, task: CheckTask) -> str:
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


FORMATTING = Rule(_problem_formatting, _fault_formatting)
"""Formatting: the answer parses as the format asked for, and named things are still in it.

The first term is the format; further terms are words of the text that must survive. The
replacements are keys, columns or element names that must be there.
"""


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
}


def _problem_json(task: CheckTask) -> str:
    fields = [term.partition(":") for term in task.terms]
    if not fields:
        return "no fields are given"
    for name, _, kind in fields:
        if not name or kind not in _TYPES:
            return f"each term must be field:type with a type of {', '.join(_TYPES)}"
        if folded(name) not in folded(task.task):
            return f"the task does not name the field {name!r}"
    if len({name for name, _, __ in fields}) < len(fields):
        return "a field is given twice"
    if task.replacements and len(task.replacements) != len(fields):
        return f"{len(fields)} fields but {len(task.replacements)} values"
    return ""


def _fault_json(answer: str, task: CheckTask) -> str:
    try:
        FORMATS["json"](answer)
        value: Any = json.loads(answer)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    if not isinstance(value, dict):
        return "not one JSON object"
    names = [term.partition(":")[0] for term in task.terms]
    if absent := [name for name in names if name not in value]:
        return f"lacks the field {absent[0]!r}"
    if extra := [name for name in value if name not in names]:
        return f"has a field {extra[0]!r} that was not asked for"
    values = task.replacements or ("",) * len(names)
    told = zip(task.terms, values, strict=True)
    return next(filter(None, (_wrong(value, term, want, task.context) for term, want in told)), "")


def _wrong(value: dict[str, Any], term: str, wanted: str, context: str) -> str:
    name, _, kind = term.partition(":")
    found = value[name]
    if not isinstance(found, _TYPES[kind]) or (kind == "number" and isinstance(found, bool)):
        return f"{name!r} is no {kind}"
    if wanted:
        said = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
        return "" if folded(said) == folded(wanted) else f"{name!r} is {said!r}, not {wanted!r}"
    strings = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    for text in strings:
        if isinstance(text, str) and context.strip() and folded(text) not in folded(context):
            return f"{text!r} does not stand in the text"
    return ""


JSON = Rule(_problem_json, _fault_json)
"""Data as JSON: an object with exactly the fields asked for, of their types, with values of the text.

Terms are `field:type` (string, number, boolean, list); the replacement at a term's place is its value, or
empty where any will do that stands in the text.
"""
