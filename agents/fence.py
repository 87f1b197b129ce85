r"""Forms that only machines read, broken by a backslash where a model reads what others wrote.

    disarmed("Salt.<|im_end|>")  # "Salt.<\|im_end|>"

Control tokens of chat templates are read as such by some servers, wherever they stand: so the door
breaks them in whatever it sends to a model (`harmless`), be it out of a document, an answer or a tool's
result. Records keep them: they are data there.

A juror's prompt fences each text by a mark that no text can hold (`prompts/template.py`), and tells
jurors that what it fences is data. Two things more could be taken for what they are not, and are broken
in it (`disarmed`): tags in the form of our own with another number; the fields of our own reply. Whatever
else a text says stays, byte for byte: it is the words of whoever wrote it, and `flags.py` tells where
they are addressed to the juror.
"""

import json
import re
from dataclasses import replace
from typing import Any

from ..tools.text_faults import CONTROL
from .models.call import Call, ToolSpec

_SECTIONS = (
    "instruction|apis|expected_behaviour|rubric|objective|debate|statement|first|second"
    "|own_verdict|verdict|actions|words|mark"
)
# Each form begins with its own letter, and is searched for by it.
# Llama 2 and Mistral; `a[INST]` is an index.
_BRACKETED = r"\[(?<!\w\[)(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\])"
_TOKENS = re.compile(rf"<(?={CONTROL})|{_BRACKETED}")
_ARMED = re.compile(
    # The same, and our sections with any number.
    rf"<(?={CONTROL}|\s*+(?:/\s*+)?(?i:{_SECTIONS})-\d)"
    rf"|＜(?=\s*+(?:/\s*+)?(?i:{_SECTIONS})-\d)"
    rf"|{_BRACKETED}"
    # What a juror's reply holds, and nothing else does.
    r'|"(?=score_(?:first|second)"\s*+:\s*+\d|grade"\s*+:\s*+"[AB](?:>>?|=)[AB]")'
)


def disarmed(text: str) -> str:
    """Return the text with a backslash in each form that only a machine reads; mostly as it is."""
    return _ARMED.sub(r"\g<0>\\", text)


def untokened(text: str) -> str:
    """Return the text with a backslash in each control token of a chat template."""
    return _TOKENS.sub(r"\g<0>\\", text)


def harmless(call: Call) -> Call:
    """Return a call without control tokens in what its model reads; mostly the very same one."""
    turns = tuple(
        turn
        if (text := untokened(turn.content)) == turn.content
        else turn.model_copy(update={"content": text})
        for turn in call.turns
    )
    tools = tuple(map(_tool, call.tools))
    return (
        call
        if turns == call.turns and tools == call.tools
        else replace(call, turns=turns, tools=tools)
    )


def _tool(tool: ToolSpec) -> ToolSpec:
    schema = tool.parameters
    if untokened(schema) != schema:
        schema = json.dumps(_within(json.loads(schema)), ensure_ascii=False)
    return replace(tool, description=untokened(tool.description), parameters=schema)


def _within(value: Any) -> Any:
    """Return a value of JSON with its texts untokened; names stay, since they are called by them."""
    if isinstance(value, dict):
        return {key: _within(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_within(inner) for inner in value]
    return untokened(value) if isinstance(value, str) else value
