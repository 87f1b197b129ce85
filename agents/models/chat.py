"""How a model of transformers is spoken to: its tokenizer, and turns as the text that it reads.

A tokenizer without a chat template gets a plain one, which marks the end of what the model says by the
token that ends its texts; a trained target keeps it.
"""

import re
from collections.abc import Sequence
from threading import Lock
from typing import Any

import orjson
from jinja2 import TemplateError

from ...tools.optional import optional
from ..records import ToolCall, Turn
from .call import ToolSpec

EXTRA = "arenainstruct[train]"
PLAIN = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}"
    "{{ eos_token if message['role'] == 'assistant' and eos_token else '' }}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
_SYSTEM = (
    "You can call functions. Their signatures stand between <tools> and </tools>, one JSON object "
    "a line. To call one, write a JSON object with its name and arguments between <tool_call> and "
    "</tool_call>; the result follows in a tool turn."
)
_CALL = re.compile(r"<tool_call>((?:[^<]|<(?!/?tool_call>))*+)</tool_call>")

LOADING = Lock()
"""transformers loads one model at a time: two threads that do leave weights without their numbers."""


def tokenizer_of(name: str) -> Any:
    """Return a model's tokenizer, with a chat template and a token to pad with.

    Raises:
        ValueError: transformers is absent, or there is no such tokenizer.
    """
    transformers = optional("transformers", EXTRA)
    transformers.utils.logging.disable_progress_bar()  # this terminal is the run's
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(f"model: {name!r} has no tokenizer: {error}") from error
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def rendered(tokenizer: Any, messages: Sequence[dict[str, str]], *, reply: bool) -> str:
    """Return a conversation as the model reads it; with `reply`, up to where it goes on.

    Raises:
        ValueError: the template refuses the conversation.
    """
    try:
        return str(
            tokenizer.apply_chat_template(
                list(messages), tokenize=False, add_generation_prompt=reply
            )
        )
    except TemplateError as error:
        raise ValueError(f"the chat template: {error}") from error


def spec_json(spec: ToolSpec) -> str:
    """Return a function as the JSON that a model is told it by."""
    parameters = orjson.Fragment(spec.parameters.encode())
    function = {"name": spec.name, "description": spec.description, "parameters": parameters}
    return orjson.dumps({"type": "function", "function": function}).decode()


def plain(turns: Sequence[Turn], specs: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return turns as `{role, content}`, with calls and what can be called told in the contents.

    `specs` are functions as JSON. The form is that of Hermes-style models: what can be called stands in
    a system turn, a call is a `<tool_call>` block of the assistant, a result is a turn of role `tool`.
    """
    rows = [{"role": turn.role, "content": _content(turn)} for turn in turns]
    if not specs:
        return rows
    system = "\n".join([_SYSTEM, "<tools>", *specs, "</tools>"])
    if rows and rows[0]["role"] == "system":
        first = {"role": "system", "content": f"{rows[0]['content']}\n\n{system}"}
        return [first, *rows[1:]]
    return [{"role": "system", "content": system}, *rows]


def calls_in(text: str) -> tuple[str, tuple[ToolCall, ...]]:
    """Return what a model says besides its calls, and the calls; a block that is no call stays text."""
    calls: list[ToolCall] = []

    def take(found: re.Match[str]) -> str:
        try:
            block = orjson.loads(found[1])
            name, arguments = block["name"], block.get("arguments", {})
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return found[0]
        told = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
        calls.append(ToolCall(id=f"call_{len(calls)}", name=str(name), arguments=told))
        return ""

    said = _CALL.sub(take, text)
    return (said.strip(), tuple(calls)) if calls else (text, ())


def _content(turn: Turn) -> str:
    calls = [f"<tool_call>\n{_call(call)}\n</tool_call>" for call in turn.tool_calls]
    return "\n".join([turn.content, *calls] if turn.content else calls)


def _call(call: ToolCall) -> str:
    """Return a call as JSON; arguments that are no JSON stay the text that the model wrote."""
    try:
        orjson.loads(call.arguments)
        arguments = call.arguments
    except orjson.JSONDecodeError:
        arguments = orjson.dumps(call.arguments).decode()
    return f'{{"name": {orjson.dumps(call.name).decode()}, "arguments": {arguments}}}'
