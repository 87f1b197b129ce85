"""Conversations as plain `{role, content}` lists, which every trainer and every file format takes.

Native tool calls differ in shape from call to call and would be padded with nulls in a table. Here
they are text, in the form that Hermes-style chat models are trained on: the APIs stand in a system
turn, a call is a `<tool_call>` block of the assistant, a result is a turn of the role `tool`.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from ...agents.records import Api, ToolCall, Turn
from ...tools.api_spec import json_schema

_SYSTEM = (
    "You can call functions. Their signatures stand between <tools> and </tools>, one JSON object "
    "a line. To call one, write a JSON object with its name and arguments between <tool_call> and "
    "</tool_call>; the result follows in a tool turn."
)


def tool_specs(apis: Sequence[Api]) -> list[dict[str, Any]]:
    """Return APIs as OpenAI tool specs, with the very schemas that contenders are offered."""
    return [{"type": "function", "function": _function(api)} for api in apis]


def tool_specs_json(apis: Sequence[Api]) -> str:
    """Return APIs as the JSON text of a list of OpenAI tool specs; empty where there are none."""
    return _json(tool_specs(apis)) if apis else ""


def plain(turns: Sequence[Turn], apis: Sequence[Api] = ()) -> list[dict[str, str]]:
    """Return turns as `{role, content}`, with tool calls and APIs rendered into the contents."""
    rows = [{"role": turn.role, "content": _content(turn)} for turn in turns]
    if not apis:
        return rows
    system = "\n".join([_SYSTEM, "<tools>", *map(_json, tool_specs(apis)), "</tools>"])
    if rows and rows[0]["role"] == "system":
        first = {"role": "system", "content": f"{rows[0]['content']}\n\n{system}"}
        return [first, *rows[1:]]
    return [{"role": "system", "content": system}, *rows]


def _function(api: Api) -> dict[str, Any]:
    return {"name": api.name, "description": api.description, "parameters": json_schema(api)}


def _content(turn: Turn) -> str:
    calls = [f"<tool_call>\n{_call(call)}\n</tool_call>" for call in turn.tool_calls]
    return "\n".join([turn.content, *calls] if turn.content else calls)


def _call(call: ToolCall) -> str:
    """Return a call as JSON; arguments that are no JSON stay the text that the model wrote."""
    try:
        orjson.loads(call.arguments)
        arguments = call.arguments
    except orjson.JSONDecodeError:
        arguments = _json(call.arguments)
    return f'{{"name": {_json(call.name)}, "arguments": {arguments}}}'


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
