"""Whether a call fits the API it names: name, JSON, required and unknown parameters, types."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .api_spec import ApiLike, JsonType, ParameterLike


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A call after validation."""

    api: ApiLike | None
    """None when no API has that name."""
    arguments: dict[str, Any]
    problems: tuple[str, ...]
    """What is wrong, each in words that a model can act on; empty for a valid call."""


def check_call(apis: Sequence[ApiLike], name: str, arguments_json: str) -> CheckedCall:
    """Validate one call against the API list."""
    api = next((api for api in apis if api.name == name), None)
    if api is None:
        known = ", ".join(api.name for api in apis) or "none"
        return CheckedCall(None, {}, (f"there is no function {name!r}; available: {known}",))
    try:
        arguments = json.loads(arguments_json or "{}")
    except (ValueError, RecursionError) as error:
        return CheckedCall(api, {}, (f"the arguments are not valid JSON: {error}",))
    if not isinstance(arguments, dict):
        found = type_name(arguments)
        return CheckedCall(api, {}, (f"the arguments must be one JSON object, found {found}",))
    return CheckedCall(api, arguments, tuple(_problems(api, arguments)))


def _problems(api: ApiLike, arguments: dict[str, Any]) -> list[str]:
    known = {parameter.name: parameter for parameter in api.parameters}
    found = []
    for parameter in api.parameters:
        if parameter.required and arguments.get(parameter.name) is None:
            hint = f": {parameter.description}" if parameter.description else ""
            found.append(f"missing required parameter {parameter.name!r} ({parameter.type}){hint}")
    if unknown := [repr(name) for name in arguments if name not in known]:
        allowed = ", ".join(known) or "none"
        found.append(f"unknown parameter {', '.join(unknown)}; allowed: {allowed}")
    for name, value in arguments.items():
        if name not in known:
            continue
        if value is not None and not fits(value, known[name].type):
            found.append(
                f"parameter {name!r} must be {known[name].type}, "
                f"found {type_name(value)} {json.dumps(value)[:80]}"
            )
        elif value is not None and (why := _beyond(value, known[name])):
            found.append(f"parameter {name!r} must be {why}, found {json.dumps(value)[:80]}")
    return found


def _beyond(value: Any, parameter: ParameterLike) -> str:
    """Return what a value of the right type must be beside, in words; empty where it is that."""
    members = value if isinstance(value, list) else [value]
    if parameter.choices and not all(member in parameter.choices for member in members):
        return f"one of {', '.join(parameter.choices[:20])}"
    numbers = [m for m in members if isinstance(m, int | float)]
    if parameter.least is not None and any(number < parameter.least for number in numbers):
        return f"at least {parameter.least:g}"
    if parameter.most is not None and any(number > parameter.most for number in numbers):
        return f"at most {parameter.most:g}"
    return ""


def fits(value: Any, kind: JsonType) -> bool:
    """Return whether a JSON value has the JSON-schema type; 3.0 counts as an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    expected: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "number": (int, float),
        "array": (list,),
        "object": (dict,),
    }
    return isinstance(value, expected.get(kind, ()))


def type_name(value: Any) -> str:
    """Return the JSON-schema name of a value's type."""
    if value is None:
        return "null"
    names = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array"}
    return names.get(type(value), "object")
