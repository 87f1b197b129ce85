"""References, merged schemas and example values of an OpenAPI document."""

from typing import Any
from urllib.parse import unquote

_DEEPEST = 8
_WIDEST = 24
# Nodes of one example; a document of nested references could otherwise grow without end.
_BUDGET = 300
_FORMATS = {
    "date-time": "2024-01-15T09:30:00Z",
    "date": "2024-01-15",
    "time": "09:30:00",
    "uuid": "3f2b8c1e-7a64-4d0e-9b57-1c2d3e4f5a6b",
    "email": "alex@example.com",
    "uri": "https://example.com/resource",
    "url": "https://example.com/resource",
    "hostname": "example.com",
    "ipv4": "192.0.2.10",
}
# What a string is likely to hold when its schema names no format, by how its name ends.
_ENDINGS = {
    "uuid": "uuid",
    "email": "email",
    "url": "url",
    "uri": "uri",
    "date": "date",
    "_at": "date-time",
    "timestamp": "date-time",
}


_SCALARS = (str, int, float)


class Document:
    """A parsed document that resolves its own references."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        # By identity: the nodes live as long as the root. A schema inside itself is found empty.
        self._schemas: dict[int, dict[str, Any]] = {}

    def resolve(self, node: Any) -> Any:
        """Follow `$ref` until something else stands there; None where a reference leads nowhere."""
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen:
                return None
            seen.add(reference)
            node = self._at(reference)
        return node

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            return None  # another file: not ours to read
        node: Any = self.root
        for part in unquote(reference[1:]).strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, dict):
                node = node.get(key)
            else:
                return None
        return node

    def schema(self, raw: Any) -> dict[str, Any]:
        """Return a schema with its reference followed, `allOf` merged and a first choice taken."""
        node = self.resolve(raw)
        if not isinstance(node, dict):
            return {}
        if id(node) not in self._schemas:
            self._schemas[id(node)] = {}
            self._schemas[id(node)] = self._flat(node)
        return self._schemas[id(node)]

    def _flat(self, node: dict[str, Any]) -> dict[str, Any]:
        merged = {
            key: value for key, value in node.items() if key not in ("allOf", "anyOf", "oneOf")
        }
        for part in _list(node.get("allOf")):
            merged = _merge(self.schema(part), merged)
        choices = (self.schema(part) for part in _choices(node))
        choice = next((c for c in choices if c and c.get("type") != "null"), {})
        if any(self.schema(part).get("type") == "null" for part in _choices(node)):
            merged["nullable"] = True
        return _merge(choice, merged)


def _list(value: Any) -> list[Any]:
    return value[:_WIDEST] if isinstance(value, list) else []


def _choices(node: dict[str, Any]) -> list[Any]:
    return _list(node.get("oneOf")) + _list(node.get("anyOf"))


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return both schemas in one; `over` wins, properties and required lists are joined."""
    merged = {**base, **over}
    if isinstance(base.get("properties"), dict) and isinstance(over.get("properties"), dict):
        merged["properties"] = {**base["properties"], **over["properties"]}
    if isinstance(base.get("required"), list) and isinstance(over.get("required"), list):
        merged["required"] = [*base["required"], *over["required"]]
    return merged


def _text(written: str, name: str) -> str:
    guessed = next((f for end, f in _ENDINGS.items() if name.lower().endswith(end)), "")
    return _FORMATS.get(written) or _FORMATS.get(guessed) or f"example {name or 'value'}"


def example_of(document: Document, raw: Any) -> Any:
    """Return a value that fits the schema: its own examples first, then plausible ones."""
    return _Example(document).of(raw, "", ())


class _Example:
    """Builds one example; counts its nodes, and stops at circles."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = _BUDGET

    def of(self, raw: Any, name: str, above: tuple[int, ...]) -> Any:
        """Return the value for the property `name`; `above` are the schemas it stands in."""
        target = self._document.resolve(raw)
        self._left -= 1
        if not isinstance(target, dict) or id(target) in above:
            return None
        if self._left < 0 or len(above) > _DEEPEST:
            return None
        schema = self._document.schema(target)
        for key in ("example", "const", "default"):
            if schema.get(key) is not None:
                return schema[key]
        for key in ("examples", "enum"):
            if values := _list(schema.get(key)):
                return values[0]
        return self._made(schema, name, (*above, id(target)))

    def _made(self, schema: dict[str, Any], name: str, above: tuple[int, ...]) -> Any:
        kinds = schema.get("type")
        kind = next((k for k in kinds if k != "null"), None) if isinstance(kinds, list) else kinds
        if kind == "array" or (kind is None and "items" in schema):
            item = self.of(schema.get("items"), name.removesuffix("s"), above)
            return [] if item is None else [item]
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, above)
        made = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
        if isinstance(kind, str) and kind in made:
            return made[kind]
        return _text(str(schema.get("format")), name)

    def _object(self, schema: dict[str, Any], above: tuple[int, ...]) -> dict[str, Any]:
        properties = schema.get("properties")
        pairs = list(properties.items())[:_WIDEST] if isinstance(properties, dict) else []
        made = {
            str(key): self.of(part, str(key), above)
            for key, part in pairs
            if not self._document.schema(part).get("writeOnly")
        }
        return {key: value for key, value in made.items() if value is not None}


def shape_of(document: Document, raw: Any) -> dict[str, Any]:
    """Return what a schema says that a value has to be, without references, and one choice of several."""
    return _Shape(document).of(raw, ())


class _Shape:
    """Writes one schema out; counts its nodes, and says nothing more where it comes round."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = _BUDGET

    def of(self, raw: Any, above: tuple[int, ...]) -> dict[str, Any]:
        """Return the schema; `above` are those it stands in."""
        target = self._document.resolve(raw)
        self._left -= 1
        if not isinstance(target, dict) or id(target) in above:
            return {}
        if self._left < 0 or len(above) > _DEEPEST:
            return {}
        schema = self._document.schema(target)
        above = (*above, id(target))
        kinds = schema.get("type")
        told = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]
        kind = told[0] if told and isinstance(told[0], str) else self._kind(schema)
        shape: dict[str, Any] = {"type": kind} if kind else {}
        listed = schema.get("enum")
        values = [v for v in listed if v is not None] if isinstance(listed, list) else []
        if values and all(isinstance(value, _SCALARS) for value in values):
            shape["enum"] = values
        for name in ("minimum", "maximum", "minItems"):
            limit = schema.get(name)
            if isinstance(limit, int | float) and not isinstance(limit, bool):
                shape[name] = limit
        if kind == "array":
            shape["items"] = self.of(schema.get("items"), above)
        if kind == "object":
            shape |= self._object(schema, above)
        nullable = schema.get("nullable") is True or (isinstance(kinds, list) and "null" in kinds)
        if nullable and kind:
            shape["type"] = [kind, "null"]
            if "enum" in shape:
                shape["enum"] = [*values, None]
        return shape

    @staticmethod
    def _kind(schema: dict[str, Any]) -> str:
        if isinstance(schema.get("properties"), dict):
            return "object"
        return "array" if "items" in schema else ""

    def _object(self, schema: dict[str, Any], above: tuple[int, ...]) -> dict[str, Any]:
        properties = schema.get("properties")
        pairs = list(properties.items())[:_WIDEST] if isinstance(properties, dict) else []
        told = {
            str(name): self.of(part, above)
            for name, part in pairs
            if not self._document.schema(part).get("readOnly")
        }
        required = [name for name in _list(schema.get("required")) if name in told]
        shape: dict[str, Any] = {"properties": told} if told else {}
        if required:
            shape["required"] = required
        if schema.get("additionalProperties") is False and len(told) == len(properties or {}):
            shape["additionalProperties"] = False
        return shape
