"""Whether a call fits the API it names: name, JSON, required and unknown parameters, types."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .api_spec import ApiLike, ParameterLike, value_schema


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
        given = arguments.get(parameter.name)
        if parameter.required and given is None and not _null_given(arguments, parameter):
            hint = f": {parameter.description}" if parameter.description else ""
            found.append(f"missing required parameter {parameter.name!r} ({parameter.type}){hint}")
    if unknown := [repr(name) for name in arguments if name not in known]:
        allowed = ", ".join(known) or "none"
        found.append(f"unknown parameter {', '.join(unknown)}; allowed: {allowed}")
    for name, value in arguments.items():
        if name in known and value is not None:
            found += _misfits(value, value_schema(known[name]), name)
    return found


def _null_given(arguments: Mapping[str, Any], parameter: ParameterLike) -> bool:
    return parameter.name in arguments and "null" in _types(value_schema(parameter))


def _types(schema: Mapping[str, Any]) -> list[str]:
    kinds: str | list[str] = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _misfits(value: Any, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield what keeps a value from its schema, and those inside it from theirs."""
    kinds = _types(schema)
    if value is None and "null" in kinds:
        return
    if kinds and not any(fits(value, kind) for kind in kinds):
        wanted, shown = " or ".join(kinds), json.dumps(value)[:80]
        yield f"parameter {place!r} must be {wanted}, found {type_name(value)} {shown}"
    elif why := _beyond(value, schema):
        yield f"parameter {place!r} must be {why}, found {json.dumps(value)[:80]}"
    elif isinstance(value, dict):
        yield from _fields_misfit(value, schema, place)
    elif isinstance(value, list):
        for at, member in enumerate(value):
            yield from _misfits(member, schema.get("items", {}), f"{place}[{at}]")


def _fields_misfit(
    value: Mapping[str, Any], schema: Mapping[str, Any], place: str
) -> Iterator[str]:
    inside = schema.get("properties", {})
    if missing := [f"{place}.{name}" for name in schema.get("required", ()) if name not in value]:
        yield f"missing required {', '.join(missing)}"
    for name, field in value.items():
        if name in inside:
            yield from _misfits(field, inside[name], f"{place}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"unknown {place}.{name}; allowed: {', '.join(inside)}"


def _beyond(value: Any, schema: Mapping[str, Any]) -> str:
    """Return what a value of the right type must be beside, in words; empty where it is that."""
    if "enum" in schema and value not in schema["enum"]:
        return f"one of {', '.join(map(str, schema['enum'][:20]))}"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and value < schema.get("minimum", value):
        return f"at least {schema['minimum']:g}"
    if number and value > schema.get("maximum", value):
        return f"at most {schema['maximum']:g}"
    if isinstance(value, list) and len(value) < schema.get("minItems", 0):
        return f"at least {schema['minItems']} long"
    return ""


def fits(value: Any, kind: str) -> bool:
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
