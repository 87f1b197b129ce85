"""Reads the values for a function's parameters out of a request in words."""

import json
import re

from .schema import Function, Parameter, words_of
from .text import WORD

_NEAR = r"[\"'`]?\s*(?:is|are|as|of|to|set to|=|:|named|called)?\s*"
_STRING = (
    r"(?:\"(?P<quoted>[^\"]*)\"|"
    r"(?P<list>\[[^\]]*\])|(?P<dict>\{{[^}}]*\}})|(?P<bare>[\w.@/:+-]*\w))"
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def fill(function: Function, request: str) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the arguments that a request gives for a function, and the required ones missing."""
    found: dict[str, object] = {}
    for parameter in function.parameters:
        value = _value(parameter, request)
        if value is not None:
            found[parameter.name] = value
    missing = tuple(p.name for p in function.required if p.name not in found)
    return found, missing


def _value(parameter: Parameter, request: str) -> object | None:
    """Find a value beside the parameter's name; a choice may stand anywhere in the request."""
    names = {re.escape(parameter.name), re.escape(words_of(parameter.name))}
    pattern = rf"\b(?:{'|'.join(sorted(names))})\b" + (_NEAR + _STRING).format()
    for match in re.finditer(pattern, request, re.I):
        raw = next((g for g in match.groups() if g is not None), "")
        value = _typed(parameter, raw, quoted=match["quoted"] is not None)
        if value is not None:
            return value
    words = {w.lower() for w in WORD.findall(request)}
    return next((c for c in parameter.choices if c.lower() in words), None)


def _typed(parameter: Parameter, raw: str, *, quoted: bool) -> object | None:
    """Return the raw text as the parameter's type, or None when it is not of that type."""
    if parameter.type in {"integer", "number"}:
        return _numeric(parameter.type, raw)
    if parameter.type == "boolean":
        known: dict[str, bool] = {"true": True, "false": False, "yes": True, "no": False}
        return known.get(raw.lower())
    if parameter.type in {"array", "object"}:
        return _structure(parameter.type, raw)
    # An unquoted word counts only where it looks like a value, not like the sentence going on.
    looks = quoted or bool(re.search(r"[\d@/_-]", raw)) or raw[:1].isupper()
    return raw if looks and not raw.startswith(("[", "{")) else None


def _numeric(kind: str, raw: str) -> object | None:
    found = _NUMBER.fullmatch(raw.strip())
    if found is None:
        return None
    return int(float(found[0])) if kind == "integer" else float(found[0])


def _structure(kind: str, raw: str) -> object | None:
    try:
        value: object = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, list if kind == "array" else dict) else None
