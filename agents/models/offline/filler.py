"""Fills a JSON schema by its types; what is said of each field is up to a subclass."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
Facts = Mapping[str, Any]


class Filler:
    """Goes through a schema and makes a value that is valid by it."""

    def __init__(self, schema: Schema) -> None:
        self._defs: Mapping[str, Schema] = schema.get("$defs", {})

    def value(self, schema: Schema, name: str, facts: Facts) -> Any:
        """Return a value for a field; what is known of it by its name goes first."""
        schema = self.plain(schema)
        kind, known = schema.get("type"), facts.get(name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.choice(schema, name, facts)
        if kind == "object":
            made = known if isinstance(known, dict) else next(self.made(schema), {})
            return {
                field: self.value(sub, field, made)
                for field, sub in schema.get("properties", {}).items()
            }
        if kind == "array":
            item = self.plain(schema.get("items", {"type": "string"}))
            rows = (
                [{name: row} for row in known]
                if isinstance(known, list)
                else self.rows(schema, item, name)
            )
            return [self.value(item, name, row) for row in rows]
        if kind in {"number", "integer"}:
            return self.number(schema, name, facts)
        if kind == "boolean":
            return bool(facts.get(name, True))
        if kind != "string":
            return None
        return known if isinstance(known, str) else self.words(schema, name)

    def plain(self, schema: Schema) -> Schema:
        """Follow references; of several alternatives take the first that is something."""
        if "$ref" in schema:
            return self.plain(self._defs[schema["$ref"].rsplit("/", 1)[-1]])
        several = schema.get("anyOf") or schema.get("allOf") or schema.get("oneOf") or ()
        told = [one for one in several if one.get("type") != "null"] or several
        return self.plain(told[0]) if told else schema

    def made(self, schema: Schema) -> Iterator[Facts]:
        """Return what is known of an object's fields, one set of values after another."""
        return iter(())

    def rows(self, schema: Schema, item: Schema, name: str) -> list[Facts]:
        """Return what is known of each entry of a list: as many as it is to have."""
        raise NotImplementedError

    def choice(self, schema: Schema, name: str, facts: Facts) -> Any:
        """Return a member of an enumeration."""
        raise NotImplementedError

    def number(self, schema: Schema, name: str, facts: Facts) -> float:
        """Return a number."""
        raise NotImplementedError

    def words(self, schema: Schema, name: str) -> str:
        """Return a text."""
        raise NotImplementedError
