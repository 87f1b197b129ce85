"""API lists out of OpenAPI 3 and Swagger 2 documents, YAML or JSON: one API per operation.

References are resolved inside the document; circles end, and what a reference does not find is left
out. A fragment that describes no operation (only schemas) gives an empty list.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml

from .api_spec import (
    JSON_TYPES,
    ApiSpec,
    JsonType,
    ParameterSpec,
    slug,
    spoken,
    unique_names,
    value_schema,
)
from .openapi_refs import Document, example_of, shape_of
from .safe_yaml import load_yaml

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Set by the client, never by a caller.
_HEADERS = {"authorization", "accept", "content-type", "cookie", "user-agent"}
_LONGEST = 400


def parse_openapi(text: str) -> list[ApiSpec]:
    """Return one API per operation, in the document's order.

    Raises:
        ValueError: when the text is no YAML or JSON mapping, or its paths are misshapen; it names
            the line or the place in the document and what was found there.
    """
    try:
        return unique_names(_operations(Document(_load(text))))
    except (RecursionError, MemoryError) as error:
        raise ValueError("line 1: nested too deeply to be an API description") from error


def _operations(document: Document) -> Iterator[ApiSpec]:
    for path, item in _paths(document.root).items():
        where = f"paths.{path}"
        item = _mapping(document.resolve(item), where)
        for method in _METHODS:
            if method in item:
                operation = _mapping(document.resolve(item[method]), f"{where}.{method}")
                yield _api(document, f"{method} {path}", item, operation)


def _load(text: str) -> dict[str, Any]:
    try:
        if text.lstrip("\ufeff \t\r\n").startswith("{"):
            root = json.loads(text.lstrip("\ufeff"))
        else:
            root = load_yaml(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"line {line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"line 1: not readable as YAML or JSON: {error}") from error
    return _mapping(root, "line 1")


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        shown = f" {value!r:.60}" if isinstance(value, str | int | float) else ""
        raise ValueError(f"{where}: expected a mapping, found {type(value).__name__}{shown}")
    return value


def _paths(root: dict[str, Any]) -> dict[str, Any]:
    """Return the path items; a file that is only a part may have them at its top."""
    if root.get("paths") is not None:
        return {str(k): v for k, v in _mapping(root["paths"], "paths").items()}
    return {k: v for k, v in root.items() if isinstance(k, str) and k.startswith("/")}


def _api(
    document: Document, place: str, item: dict[str, Any], operation: dict[str, Any]
) -> ApiSpec:
    parameters = _parameters(document, item, operation)
    name = slug(str(operation.get("operationId") or "")) or slug(place) or "call"
    return ApiSpec(
        name=name,
        description=_description(operation) or f"{spoken(name).capitalize()} ({place}).",
        parameters=tuple(parameters.values()),
        returns=_returns(document, operation),
    )


def _description(operation: dict[str, Any]) -> str:
    summary, more = (_words(operation.get(key)) for key in ("summary", "description"))
    if summary and more and not more.lower().startswith(summary.lower().rstrip(".")):
        return shorten(f"{summary.rstrip('.')}. {more}")
    return shorten(more or summary)


def _words(value: Any) -> str:
    return " ".join(str(value).split()) if value else ""


def shorten(text: str, limit: int = _LONGEST) -> str:
    """Cut at the last sentence end before the limit, else at the last word."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    end = max(cut.rfind(". "), cut.rfind("! "), cut.rfind("? "))
    return cut[: end + 1] if end > limit // 4 else cut[: cut.rfind(" ")] + " …"


def _parameters(
    document: Document, item: dict[str, Any], operation: dict[str, Any]
) -> dict[str, ParameterSpec]:
    """Return path, query and body parameters by name; the operation's own win over the path's."""
    found: dict[str, ParameterSpec] = {}
    for listed in (item.get("parameters"), operation.get("parameters")):
        for raw in listed if isinstance(listed, list) else []:
            parameter = document.resolve(raw)
            if not isinstance(parameter, dict):
                continue
            if parameter.get("in") == "body":
                _add_body(document, found, parameter.get("schema"), parameter)
            elif _is_callers(parameter):
                schema = _parameter_schema(document, parameter)
                needed = parameter.get("required") is True
                spec = _spec(document, parameter["name"], schema, parameter, needed)
                found[spec.name] = spec
    body = document.resolve(operation.get("requestBody"))
    if isinstance(body, dict):
        _add_body(document, found, _content_schema(body.get("content")), body)
    return found


def _is_callers(parameter: dict[str, Any]) -> bool:
    name, place = str(parameter.get("name") or ""), parameter.get("in")
    if place == "header":
        return bool(slug(name)) and name.lower() not in _HEADERS
    return bool(slug(name)) and place != "cookie"


def _parameter_schema(document: Document, parameter: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter: under `schema`, under `content`, or (Swagger 2) itself."""
    schema = parameter.get("schema") or _content_schema(parameter.get("content")) or parameter
    return document.schema(schema)


def _content_schema(content: Any) -> Any:
    """Return the schema of the JSON media type, or of the first that has one."""
    if not isinstance(content, dict):
        return None
    media = sorted(
        ((str(k), v) for k, v in content.items() if isinstance(v, dict) and "schema" in v),
        key=lambda pair: "json" not in pair[0],
    )
    return media[0][1]["schema"] if media else None


def _add_body(
    document: Document, found: dict[str, ParameterSpec], raw: Any, body: dict[str, Any]
) -> None:
    """Add the top-level properties of a request body, or the body itself where it has none."""
    schema = document.schema(raw)
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        if schema:
            needed = body.get("required") is True
            found.setdefault("body", _spec(document, "body", schema, body, needed))
        return
    listed = schema.get("required")
    required = set(map(str, listed)) if isinstance(listed, list) else set()
    for name, part in properties.items():
        inner = document.schema(part)
        if slug(str(name)) and not inner.get("readOnly"):
            spec = _spec(document, name, inner, {}, str(name) in required)
            found.setdefault(spec.name, spec)


def _spec(
    document: Document, name: Any, schema: dict[str, Any], described: dict[str, Any], required: bool
) -> ParameterSpec:
    text = _words(described.get("description")) or _words(schema.get("description"))
    flat = ParameterSpec(
        name=slug(str(name)),
        type=json_type(schema),
        description=" ".join(part for part in (shorten(text, 240), _limits(schema)) if part),
        required=required,
        choices=_choices(schema),
        least=_number(schema.get("minimum")),
        most=_number(schema.get("maximum")),
    )
    shape = {"type": flat.type} | shape_of(document, schema)
    return flat if shape == value_schema(flat) else replace(flat, shape=_dumped(shape))


def _choices(schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the texts that a parameter, or a member of an array, may be; of numbers its words tell."""
    values = schema.get("enum")
    if values is None and isinstance(schema.get("items"), dict):
        values = schema["items"].get("enum")
    texts = [value for value in values if value is not None] if isinstance(values, list) else []
    return tuple(texts) if all(isinstance(value, str) for value in texts) else ()


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return value if usable else None


def json_type(schema: dict[str, Any]) -> JsonType:
    """Return the one JSON type of a schema, string where it says none."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    kind = next((kind for kind in kinds if kind in JSON_TYPES), None)
    if kind is not None:
        return JSON_TYPES[JSON_TYPES.index(kind)]
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _limits(schema: dict[str, Any]) -> str:
    """Return what a caller must respect and the type does not say, as a sentence."""
    values = schema.get("enum")
    if not values and isinstance(schema.get("items"), dict):
        values = schema["items"].get("enum")
    parts = []
    if isinstance(values, list) and values:
        parts.append("One of: " + ", ".join(str(value) for value in values[:20]))
    for key, word in (("minimum", "at least"), ("maximum", "at most"), ("format", "format")):
        if isinstance(schema.get(key), str | int | float) and schema[key] not in ("int32", "int64"):
            parts.append(f"{word} {schema[key]}")
    return "; ".join(parts) + "." if parts else ""


def _returns(document: Document, operation: dict[str, Any]) -> str:
    """Return an example of the successful response as JSON text, or its description."""
    responses = operation.get("responses")
    if not isinstance(responses, dict):
        return ""
    response = document.resolve(_success({str(k): v for k, v in responses.items()}))
    if not isinstance(response, dict):
        return ""
    example = _written_example(document, response)
    if example is None:
        raw = response.get("schema") or _content_schema(response.get("content"))
        example = example_of(document, raw) if raw is not None else None
    return _dumped(example) or _words(response.get("description"))


def _dumped(example: Any) -> str:
    if example is None:
        return ""
    try:
        return json.dumps(example, ensure_ascii=False, default=str, skipkeys=True)
    except (ValueError, RecursionError):  # an example that contains itself
        return ""


def _success(responses: dict[str, Any]) -> Any:
    codes = sorted(code for code in responses if re.fullmatch(r"2(\d\d|XX)", code, re.IGNORECASE))
    return responses.get(codes[0] if codes else "default")


def _written_example(document: Document, response: dict[str, Any]) -> Any:
    """Return the example that the document itself gives for a response, if any."""
    content = response.get("content")
    for media in content.values() if isinstance(content, dict) else ():
        if not isinstance(media, dict):
            continue
        if media.get("example") is not None:
            return media["example"]
        named = media.get("examples")
        first = (
            document.resolve(next(iter(named.values()), None)) if isinstance(named, dict) else None
        )
        if isinstance(first, dict) and "value" in first:
            return first["value"]
    old = response.get("examples")
    return (
        next(iter(old.values()), None) if isinstance(old, dict) and "schema" in response else None
    )
