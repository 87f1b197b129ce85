"""What the mock server replies: canned words by the request's schema, or what the embedded models say."""

import base64
import math
import random
import re
from array import array
from hashlib import blake2b
from typing import Any, Literal, cast

import orjson

from ...agents.models.call import ToolSpec
from ...agents.models.offline import OfflineRequest, speak
from ...agents.models.offline.filler import Facts, Filler, Schema
from ...agents.models.offline.request import Strength
from ...agents.records import ToolCall, Turn
from .options import share
from .request import ChatRequest

_WORD = re.compile(r"[^\W\d_]{4,}")
_COUNT = re.compile(r"<count>\s*(\d+)")
_OPTIONS = re.compile(r'min_options="(\d+)"')
_BEHAVIOUR = re.compile(r'<(?:leaf|goal)[^<>]*?expected_behaviour="(\w+)"')
_DIRECTION = re.compile(r"<expected_behaviour>\s*(\w+)")
_GOAL = re.compile(r'<goal name="([^"]+)"')
_EDITS = re.compile(r'<goal [^<>]*edits="passage"')
_SPARE: tuple[str, ...] = (
    *("river", "harbour", "engine", "market", "winter", "signal", "copper", "letter", "garden"),
    *("bridge", "teacher", "window", "valley", "measure", "compass", "station", "weather"),
)
_READ = 4000
"""Characters of the prompt whose words are used."""


class Canned(Filler):
    """The reply to one request."""

    def __init__(self, request: ChatRequest, tokens: int) -> None:
        super().__init__(request.schema or {})
        self._text = request.user_text
        self._dice = random.Random(request.digest)
        self._words: list[str] = list(dict.fromkeys(_WORD.findall(self._text[:_READ]))) or [*_SPARE]
        if len(self._words) < len(_SPARE):
            self._words += _SPARE
        self._request = request
        self._tokens = tokens

    def reply(self) -> str:
        """Return the text: JSON of the schema, or prose."""
        schema = self._request.schema
        if schema is None:
            return self._prose(self._tokens)
        return orjson.dumps(self.value(schema, "", {})).decode()

    def tool_call(self) -> dict[str, Any] | None:
        """Return a call of one of the offered tools when it is the model's turn to call."""
        tools = self._request.tools
        if not tools or self._request.messages[-1].get("role") != "user":
            return None
        function = self._dice.choice(tools)["function"]
        arguments = self.value(function.get("parameters") or {"type": "object"}, "", {})
        call_id = f"call_{self._request.digest[:12]}"
        body = {"name": function["name"], "arguments": orjson.dumps(arguments).decode()}
        return {"id": call_id, "type": "function", "function": body}

    def rows(self, schema: Schema, item: Schema, name: str) -> list[Facts]:
        """Make as many entries as the prompt counts; lists that leaves do not ask for stay empty."""
        if name in {"tasks", "suggestions", "apis"}:
            count = int(self._found(_COUNT) or 1)
        elif name in {"terms", "replacements"}:
            count = int(f"<check_{name}>" in self._text)
        elif name == "options":
            count = int(self._found(_OPTIONS) or 0)
        else:
            count = int(name == "parameters")
        return [{}] * count

    def number(self, schema: Schema, name: str, facts: Facts) -> float:
        """Throw the dice."""
        drawn = self._dice.randint(1, 10)
        return drawn if schema.get("type") == "integer" else float(drawn)

    def choice(self, schema: Schema, name: str, facts: Facts) -> Any:
        """Choose what is expected; of a verdict, in words or in points, what the dice say."""
        allowed = schema["enum"]
        if name == "expected_behaviour":
            asked = self._expected()
            return asked if asked in allowed else allowed[0]
        thrown = name in {"choice", "grade"} or not isinstance(allowed[0], str)
        return self._dice.choice(allowed) if thrown else allowed[0]

    def _expected(self) -> str:
        """Return what the prompt expects of a good answer."""
        return self._found(_DIRECTION) or self._found(_BEHAVIOUR) or "answer"

    def words(self, schema: Schema, name: str) -> str:
        """Return words of the prompt, about as many as a field of its name has."""
        if name == "expected_behaviour":
            return self._expected()
        if name == "goal":
            names: list[str] = _GOAL.findall(self._text) or ["harder"]
            return self._dice.choice(names)
        if name == "passage" and "<direction>" in self._text and not _EDITS.search(self._text):
            return ""
        if name == "own_answer" and "<objective>" not in self._text:
            return ""
        if name == "name":
            return "_".join(self._dice.choices(self._words, k=2)).lower()
        if name in {"terms", "replacements"}:
            return self._dice.choice(self._words)
        short = {"options": 6, "reason": 25, "direction": 25, "description": 15, "returns": 5}
        short |= {"own_answer": 15, "question": 20}
        share = self._tokens // max(1, int(self._found(_COUNT) or 1))
        return self._prose(short.get(name, max(12, share)))

    def _found(self, pattern: re.Pattern[str]) -> str:
        match = pattern.search(self._text)
        return match[1] if match else ""

    def _prose(self, tokens: int) -> str:
        """Return sentences of words of the prompt, about so many tokens."""
        words = self._dice.choices(self._words, k=max(3, tokens * 3 // 4))
        sentences = [words[i : i + 12] for i in range(0, len(words), 12)]
        return " ".join(" ".join(s).capitalize() + "." for s in sentences)


def garbage(digest: str) -> str:
    """Return content that fits no schema: prose, another object, or JSON that breaks off."""
    kinds = ("I would rather talk about the weather.", '{"colour": "blue"}', '{"reason": "beca')
    return kinds[int(digest[:8], 16) % len(kinds)]


Role = Literal["system", "user", "assistant", "tool"]


def speak_offline(request: ChatRequest) -> tuple[str, list[dict[str, Any]]]:
    """Return the embedded model's text and tool calls, in the strength of the model's name."""
    reply = speak(
        OfflineRequest(
            turns=tuple(_turn(message) for message in request.messages),
            schema=request.schema,
            tools=tuple(_tool(tool["function"]) for tool in request.tools),
            strength=_strength(request),
            sample=request.sample,
        )
    )
    return reply.text, [_raw_call(call) for call in reply.tool_calls]


_STRENGTHS: tuple[Strength, ...] = ("weak", "medium", "judge", "strong")


def _strength(request: ChatRequest) -> Strength:
    """Return the strength that a model's name tells, else a draw for this prompt.

    Any other name has a skill of its own, by its hash: models of different names answer differently, and
    one that is told to be nothing wins some and loses some.
    """
    model = request.model
    for strength in _STRENGTHS:
        if strength in model:
            return strength
    drawn = share(model, request.user_text, request.sample)
    return "strong" if drawn < share("skill", model) else "weak"


def _turn(message: dict[str, Any]) -> Turn:
    calls = tuple(
        ToolCall(id=c["id"], name=c["function"]["name"], arguments=c["function"]["arguments"])
        for c in message.get("tool_calls") or ()
    )
    role = "system" if message["role"] == "developer" else message["role"]
    return Turn(
        role=cast("Role", role),
        content=message.get("content") or "",
        tool_calls=calls,
        tool_call_id=message.get("tool_call_id", ""),
    )


def _tool(function: dict[str, Any]) -> ToolSpec:
    parameters = orjson.dumps(function.get("parameters") or {}).decode()
    return ToolSpec(function["name"], function.get("description", ""), parameters)


def _raw_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


_TOKEN = re.compile(r"\w+")
DIMENSIONS = 64


def embed(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a unit vector: every word adds or takes one at the place its hash says."""
    vector = [0.0] * dimensions
    for word in _TOKEN.findall(text.lower()) or [text]:
        number = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
        vector[number // 2 % dimensions] += 1.0 if number % 2 else -1.0
    norm = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / norm for x in vector]


def in_base64(vector: list[float]) -> str:
    """Return a vector as the OpenAI client asks for it: little-endian float32, base64."""
    return base64.b64encode(array("f", vector).tobytes()).decode()
