"""API descriptions: telling an OpenAPI document or fragment, and splitting one by its paths.

A part is a valid YAML or JSON document of its own, with the schemas that its operations refer to,
as deep as the length allows.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

Mapping = dict[str, Any]
Unit = tuple[str, Any]

_ESCAPES = re.compile(
    r"(\\[^u])|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})
_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean"})
_COMBINERS = ("allOf", "oneOf", "anyOf")
# How deep schemas are followed: all the way, then less until the part fits.
_DEPTHS = (50, 2, 1, 0)


def parse(text: str) -> Any:
    """Parse JSON or a single YAML document; values that are neither raise ValueError."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            pass
    import yaml

    from ...tools.safe_yaml import load_yaml

    try:
        return load_yaml(text)
    except yaml.YAMLError as error:
        raise ValueError(f"neither JSON nor YAML: {error}") from error


def joined_escapes(text: str) -> str:
    r"""Return a text whose `\u` escapes stand for characters: pairs as one, halves as U+FFFD."""

    def join(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        pair = "".join(chr(int(half, 16)) for half in found[0].split("\\u")[1:])
        return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")[:1]

    return _ESCAPES.sub(join, text)


def is_api(value: Any) -> bool:
    """Whether a parsed document describes API paths or schemas, whole or as a fragment."""
    if not isinstance(value, dict):
        return False
    declared = bool({"openapi", "swagger"} & value.keys())
    return (
        any(_is_path(item) for item in _paths(value).values())
        or _mostly_schemas(_schemas(value))
        or (not declared and _mostly_schemas(value))
    )


def title(value: Any) -> str:
    """Return the title that an API description gives itself, or nothing."""
    info = value.get("info") if isinstance(value, dict) else None
    found = info.get("title") if isinstance(info, dict) else None
    return str(found or "")


def split_api(text: str, limit: int) -> list[str]:
    """Split a description into parts of at most `limit` characters where its structure allows."""
    value = parse(text) if len(text) > limit else None
    if not isinstance(value, dict):
        return [text]
    write = _write_json if text.lstrip().startswith("{") else _write_yaml
    paths, schemas = _paths(value), _schemas(value)
    if any(_is_path(item) for item in paths.values()):
        units = [unit for path in paths.items() for unit in _operations(path)]
        build: Callable[[list[Unit], int], Mapping | None] = partial(
            _with_paths, value, _Targets(value, 2 * limit)
        )
    elif schemas:
        units, build = list(schemas.items()), partial(_with_schemas, value)
    else:
        units, build = list(value.items()), _plain

    def written(run: list[Unit], depth: int) -> str | None:
        made = build(run, depth)
        return None if made is None else write(made)

    return list(_pack(units, written, limit))


Write = Callable[[list[Unit], int], str | None]
"""Writes a run of units with its schemas so many levels deep; None where that is far too long."""


def _pack(units: list[Unit], write: Write, limit: int) -> Iterator[str]:
    """Yield runs of units, each written with all its schemas as long as it stays in the limit."""
    run: list[Unit] = []
    written = ""
    for unit in units:
        longer = write([*run, unit], _DEPTHS[0])
        if run and (longer is None or len(longer) > limit):
            yield written
            run, longer = [], write([unit], _DEPTHS[0])
        run.append(unit)
        fits = longer is not None and len(longer) <= limit
        written = longer if longer and fits else _shallow(run, write, limit)
    if run:
        yield written


def _shallow(run: list[Unit], write: Write, limit: int) -> str:
    """Write one operation that is too long: up to twice the limit, or with fewer schemas."""
    written = ""
    for depth in _DEPTHS:
        found = write(run, depth)
        written = found or written
        if found is not None and len(found) <= 2 * limit:
            break
    return written


def _plain(run: list[Unit], _: int) -> Mapping:
    return dict(run)


def _with_schemas(value: Mapping, run: list[Unit], _: int) -> Mapping:
    """Return the head of a description with some of its schemas."""
    if isinstance(value.get("definitions"), dict):
        return {**_head(value), "definitions": dict(run)}
    return {**_head(value), "components": {"schemas": dict(run)}}


class _Targets:
    """What the references of a description stand for: looked at once, however often it is named."""

    def __init__(self, value: Mapping, most: int) -> None:
        self._value, self.most = value, most
        self._known: dict[str, tuple[int, frozenset[str]]] = {}

    def sizes(self, references: Iterable[str]) -> int:
        """Return how long the targets are at least, once written."""
        # JSON without spaces is at most three times as long as YAML that says the same.
        return sum(self._told(reference)[0] for reference in references) // 3

    def copied(self, document: Mapping, references: Iterable[str]) -> set[str]:
        """Copy the targets into a document and return what they refer to."""
        wanted: set[str] = set()
        for reference in references:
            _copy(self._value, document, reference)
            wanted |= self._told(reference)[1]
        return wanted

    def _told(self, reference: str) -> tuple[int, frozenset[str]]:
        if reference not in self._known:
            found = _copy(self._value, {}, reference)
            size = len(json.dumps(found, ensure_ascii=False, separators=(",", ":"), default=str))
            self._known[reference] = size, frozenset(_references(found))
        return self._known[reference]


def _with_paths(value: Mapping, targets: _Targets, run: list[Unit], depth: int) -> Mapping | None:
    """Return the head of a description with some of its operations and what they refer to.

    None where that would be far too long to be a part.
    """
    paths: Mapping = {}
    for path, item in run:
        paths[path] = {**paths.get(path, {}), **item}
    document = {**_head(value), "paths": paths} if "paths" in value else dict(paths)
    wanted = _references(paths)
    seen: set[str] = set()
    size = 0
    for _ in range(depth):
        fresh = sorted(wanted - seen)
        size += targets.sizes(fresh)
        if size > targets.most:
            return None
        seen |= wanted
        wanted = targets.copied(document, fresh)
        if not wanted - seen:
            break
    return document


def _head(value: Mapping) -> Mapping:
    """Return what identifies a description: version, title and servers."""
    keys = ("openapi", "swagger", "info", "servers", "host", "basePath", "schemes")
    head = {key: value[key] for key in keys if key in value}
    if isinstance(head.get("info"), dict):
        kept = ("title", "version", "description")
        head["info"] = {k: v for k, v in head["info"].items() if k in kept}
    return head


def _copy(value: Mapping, document: Mapping, reference: str) -> Any:
    """Copy the target of a reference such as `#/components/schemas/Pet` and return it."""
    *folders, name = reference.removeprefix("#/").split("/")
    source: Any = value
    target = document
    for folder in folders:
        source = source.get(folder) if isinstance(source, dict) else None
        if not isinstance(source, dict):
            return None
        target = target.setdefault(folder, {})
    found = source.get(name) if isinstance(source, dict) else None
    if found is not None:
        target[name] = found
    return found


def _references(value: Any) -> set[str]:
    """Return the local references anywhere inside a value."""
    if isinstance(value, list):
        return {found for item in value for found in _references(item)}
    if not isinstance(value, dict):
        return set()
    own = value.get("$ref")
    inside = {found for item in value.values() for found in _references(item)}
    return inside | ({own} if isinstance(own, str) and own.startswith("#/") else set())


def _operations(path: Unit) -> Iterator[Unit]:
    """Yield a path's operations one by one, each with what the path says about all of them."""
    name, item = path
    methods = [key for key in item if key in _METHODS] if isinstance(item, dict) else []
    if len(methods) < 2:
        yield path
        return
    shared = {key: sub for key, sub in item.items() if key not in _METHODS}
    for method in methods:
        yield name, {**shared, method: item[method]}


def _paths(value: Mapping) -> Mapping:
    """Return the paths of a description or fragment."""
    paths = value.get("paths")
    if isinstance(paths, dict):
        return paths
    if _is_path(value):
        return {"/": value}
    return {k: v for k, v in value.items() if isinstance(k, str) and k.startswith("/")}


def _schemas(value: Mapping) -> Mapping:
    """Return the schemas of a description, from where versions 2 and 3 keep them."""
    components = value.get("components")
    found = components.get("schemas") if isinstance(components, dict) else value.get("definitions")
    return found if isinstance(found, dict) else {}


def _is_path(item: Any) -> bool:
    """Whether a value maps HTTP methods to operations."""
    if not isinstance(item, dict):
        return False
    operations = [item[method] for method in _METHODS & item.keys()]
    marks = {"responses", "operationId", "parameters", "requestBody", "summary", "$ref"}
    return any(isinstance(found, dict) and marks & found.keys() for found in operations)


def _mostly_schemas(values: Mapping) -> bool:
    """Whether the values are schemas, with at least one that has properties."""
    schemas = [item for item in values.values() if _is_schema(item)]
    rich = any(isinstance(item.get("properties"), dict) for item in schemas)
    return rich and len(schemas) >= 0.8 * len(values)


def _is_schema(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    if any(isinstance(item.get(key), list) for key in _COMBINERS):
        return True
    return item.get("type") in _TYPES or isinstance(item.get("properties"), dict)


def _write_json(value: Mapping) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


def _write_yaml(value: Mapping) -> str:
    """Write YAML in the given order, without anchors: each part must be readable alone."""
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Plain(base):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return str(yaml.dump(value, Dumper=Plain, sort_keys=False, allow_unicode=True, width=1000))
