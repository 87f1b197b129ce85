"""A chat request as the mock server reads it."""

import json
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, Self

import orjson

from ...agents.models.form import CHOICE

_LINES = "Answer as before, in these lines:"
_COUNTED = re.compile(r"\w+: \d+(?:, \w+: \d+)+")
"""An example of numbers alone."""
_TRUTH = "Say true, or false"
_LINE_VALUES = {"true": True, "false": False}
_ASKED = re.compile(r"one JSON object(?: \((\w+)\))?")


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Model, messages, tools and the structure asked for."""

    digest: str
    """A hash of the body's bytes: equal requests are equal calls."""
    model: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    structure: Literal["schema", "json", "prompt"]
    """How structure was asked for; `prompt` also where none was."""
    schema: dict[str, Any] | None
    """The JSON schema of the reply, from the field or from the words of the prompt."""
    schema_name: str
    sample: int
    most: int
    """Tokens that the reply may have."""

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a request's body.

        Raises:
            ValueError: it is no chat request.
        """
        raw = orjson.loads(body)
        if not isinstance(raw, dict) or not isinstance(raw.get("messages"), list):
            raise ValueError("'messages' must be a list")
        if raw.get("stream"):
            raise ValueError("'stream' is not supported here")
        structure, schema, name = _structure(raw)
        return cls(
            digest=blake2b(body, digest_size=16).hexdigest(),
            model=str(raw.get("model", "")),
            messages=raw["messages"],
            tools=raw.get("tools") or [],
            structure=structure,
            schema=schema,
            schema_name=name,
            sample=int(raw.get("seed") or 0),
            most=int(raw.get("max_tokens") or raw.get("max_completion_tokens") or 0),
        )

    @property
    def user_text(self) -> str:
        """The first user turn: where the prompt stands."""
        return next((str(m.get("content")) for m in self.messages if m.get("role") == "user"), "")

    @property
    def tokens(self) -> int:
        """About how many tokens the messages and the tools have."""
        offered = len(orjson.dumps(self.tools)) if self.tools else 0
        return (offered + sum(len(str(m.get("content") or "")) for m in self.messages)) // 4 + 1


def _structure(
    raw: dict[str, Any],
) -> tuple[Literal["schema", "json", "prompt"], dict[str, Any] | None, str]:
    """Return how structure is asked for, the schema and its name."""
    asked = raw.get("response_format") or {}
    if asked.get("type") == "json_schema":
        body = asked["json_schema"]
        return "schema", body["schema"], str(body["name"])
    told = "\n".join(str(m["content"]) for m in raw["messages"] if m.get("role") != "assistant")
    found = _ASKED.search(told)
    schema = _schema_in(told[found.end() :]) if found else None
    example = next((str(m["content"]) for m in raw["messages"] if m.get("role") == "assistant"), "")
    if schema is None and (_LINES in told or _COUNTED.fullmatch(example)):
        schema = _schema_of_lines(example)
    elif schema is None and _TRUTH in told:
        schema = {"type": "boolean"}
    return (
        "json" if asked.get("type") == "json_object" else "prompt",
        schema,
        (found[1] or "") if found and schema else "",
    )


def _schema_in(text: str) -> dict[str, Any] | None:
    """Return the JSON schema of the filled form that stands in a text."""
    start = text.find("{")
    try:
        value = json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
    except json.JSONDecodeError:
        return None
    return _schema_of(value) if isinstance(value, dict) else None


def _schema_of_lines(example: str) -> dict[str, Any]:
    """Return the schema that the lines of an example let one guess."""
    values: dict[str, Any] = {}
    lines = example.split(", ") if _COUNTED.fullmatch(example) else example.splitlines()
    for line in lines:
        name, named, text = line.partition(":")
        if named and not line.startswith("-"):
            values[name] = [""] if not text else _LINE_VALUES.get(text.strip(), text)
    if any(name in values for name in ("terms", "replacements")):
        values["check"] = {n: values.pop(n) for n in ("terms", "replacements") if n in values}
    numbers = {name: 1 for name, value in values.items() if re.fullmatch(r"\s*\d+", str(value))}
    return _schema_of(values | numbers)


def _schema_of(value: Any) -> dict[str, Any]:
    """Return the schema that a filled form lets one guess."""
    if isinstance(value, dict):
        properties = {name: _schema_of(one) for name, one in value.items()}
        return {"type": "object", "properties": properties, "required": [*properties]}
    if isinstance(value, list):
        return {"type": "array", "items": _schema_of(value[0] if value else "")}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number", "minimum": 1, "maximum": 10}
    return (
        {"type": "string", "enum": value.split(CHOICE)} if CHOICE in value else {"type": "string"}
    )
