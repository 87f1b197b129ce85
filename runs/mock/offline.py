"""Replies by the embedded models, behind the mock server's HTTP."""

from typing import TYPE_CHECKING, Any, Literal, cast

import orjson

from ...agents.models.call import ToolSpec
from ...agents.records import ToolCall, Turn
from .request import ChatRequest

if TYPE_CHECKING:
    from ...agents.models.offline.request import Strength

Role = Literal["system", "user", "assistant", "tool"]


def speak_offline(request: ChatRequest) -> tuple[str, list[dict[str, Any]]]:
    """Return the embedded model's text and tool calls; the model's name says its strength."""
    from ...agents.models.offline import OfflineRequest, speak

    reply = speak(
        OfflineRequest(
            turns=tuple(_turn(message) for message in request.messages),
            schema=request.schema,
            tools=tuple(_tool(tool["function"]) for tool in request.tools),
            strength=_strength(request.model),
            sample=request.sample,
        )
    )
    return reply.text, [_raw_call(call) for call in reply.tool_calls]


def _strength(model: str) -> "Strength":
    if "weak" in model:
        return "weak"
    if "medium" in model:
        return "medium"
    return "judge" if "judge" in model else "strong"


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
