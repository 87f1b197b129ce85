"""Conversations as plain `{role, content}` lists, which every trainer and every file format takes.

Native tool calls differ in shape from call to call and would be padded with nulls in a table. Here
they are text, in the form that Hermes-style chat models are trained on: the APIs stand in a system
turn, a call is a `<tool_call>` block of the assistant, a result is a turn of the role `tool`.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from ...agents.environment import Api, Environment
from ...agents.records import ToolCall, Turn
from ...tools.api_spec import json_schema
from ...tools.registry import TOOLS

_SYSTEM = (
    "You can call functions. Their signatures stand between <tools> and </tools>, one JSON object "
    "a line. To call one, write a JSON object with its name and arguments between <tool_call> and "
    "</tool_call>; the result follows in a tool turn."
)


def tool_specs(given: Environment) -> list[dict[str, Any]]:
    """Return what could be called as OpenAI tool specs, with the very schemas that contenders are offered."""
    functions = [*map(_function, given.apis), *(TOOLS[name].spec for name in given.tools)]
    return [{"type": "function", "function": function} for function in functions]


def tool_specs_json(given: Environment) -> str:
    """Return what could be called as the JSON text of a list; empty where there is nothing."""
    specs = tool_specs(given)
    return _json(specs) if specs else ""


def plain(turns: Sequence[Turn], given: Environment | None = None) -> list[dict[str, str]]:
    """Return turns as `{role, content}`, with calls and what can be called told in the contents."""
    rows = [{"role": turn.role, "content": _content(turn)} for turn in turns]
    specs = tool_specs(given) if given else []
    if not specs:
        return rows
    system = "\n".join([_SYSTEM, "<tools>", *map(_json, specs), "</tools>"])
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
