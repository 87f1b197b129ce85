"""A chat request as the mock server reads it."""

import json
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, Self

import orjson

_NAMED = re.compile(r"one JSON object \((\w+)\)")


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
        """About how many tokens the messages have."""
        return sum(len(str(m.get("content") or "")) for m in self.messages) // 4 + 1


def _structure(
    raw: dict[str, Any],
) -> tuple[Literal["schema", "json", "prompt"], dict[str, Any] | None, str]:
    """Return how structure is asked for, the schema and its name."""
    asked = raw.get("response_format") or {}
    if asked.get("type") == "json_schema":
        body = asked["json_schema"]
        return "schema", body["schema"], str(body["name"])
    system = "\n".join(str(m["content"]) for m in raw["messages"] if m.get("role") == "system")
    named = _NAMED.search(system)
    schema = _schema_in(system[named.end() :]) if named else None
    return (
        "json" if asked.get("type") == "json_object" else "prompt",
        schema,
        named[1] if named and schema else "",
    )


def _schema_in(text: str) -> dict[str, Any] | None:
    """Return the JSON schema that stands in a text."""
    start = text.find("{")
    try:
        value = json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) and "properties" in value else None
