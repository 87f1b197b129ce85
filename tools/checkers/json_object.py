"""Data as JSON: an object with exactly the fields asked for, of their types, with values of the text.

Terms are `field:type` (string, number, boolean, list); the replacement at a term's place is its value, or
empty where any will do that stands in the text.
"""

import json
from typing import Any

from .formats import FORMATS
from .task import CheckTask, Rule
from .text import folded

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
}


def _problem(task: CheckTask) -> str:
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


def _fault(answer: str, task: CheckTask) -> str:
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


RULE = Rule(_problem, _fault)
