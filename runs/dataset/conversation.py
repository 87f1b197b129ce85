"""Conversations as plain `{role, content}` lists, which every trainer and every file format takes.

Native tool calls differ in shape from call to call and would be padded with nulls in a table. Here
they are text, in the form that models of transformers are spoken to (`agents/models/chat.py`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from ...agents.environment import Api, Environment
from ...agents.models import chat
from ...agents.records import Answer, Instruction, Turn
from ...tools.api_spec import json_schema
from ...tools.registry import TOOLS


def tool_specs(given: Environment) -> list[dict[str, Any]]:
    """Return what could be called as OpenAI tool specs, with the very schemas that contenders are offered."""
    functions = [
        *map(_function, given.apis),
        *(TOOLS[name].spec for name in given.tools if name in TOOLS),
        *map(orjson.loads, given.listed),
    ]
    return [{"type": "function", "function": function} for function in functions]


def tool_specs_json(given: Environment) -> str:
    """Return what could be called as the JSON text of a list; empty where there is nothing."""
    specs = tool_specs(given)
    return _json(specs) if specs else ""


def plain(turns: Sequence[Turn], given: Environment | None = None) -> list[dict[str, str]]:
    """Return turns as `{role, content}`, with calls and what can be called told in the contents."""
    return chat.plain(turns, list(map(_json, tool_specs(given))) if given else ())


def offered(asked: Instruction, answers: Iterable[Answer]) -> Environment:
    """Return what those who gave the answers were given; what servers listed to them stands in those."""
    listed = dict.fromkeys(tool for answer in answers for tool in answer.listed)
    return asked.environment.model_copy(update={"listed": tuple(listed)})


def _function(api: Api) -> dict[str, Any]:
    return {"name": api.name, "description": api.description, "parameters": json_schema(api)}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
