"""What a row says, as turns: one text, a list of user turns, or messages in any of the usual forms."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from ...agents.records import Turn

COLUMNS = (
    "messages",
    "turns",
    "conversations",
    "conversation",
    "prompt",
    "instruction",
    "question",
    "test_question",
    "text",
    "task",
    "query",
    "input",
)
"""Where a prompt may stand; the first that a row has."""
LATER = tuple(f"turn_{number}" for number in range(2, 10))
"""Columns of later user turns, beside a first one."""
TURNS = "user_turns"
"""A list of later user turns, beside a first one."""
PASSAGES = ("context", "passage", "document", "input")
"""Columns of the text that a prompt is about."""
_Role = Literal["system", "user", "assistant", "tool"]
_ROLES: dict[str, _Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "tool": "tool",
}
LEAST_PASSAGE = 60
"""Characters from which a text is a passage: a shorter one stands in many rows."""
_MARK = re.compile(r"(?:\A|\s)### (Human|Assistant):[ \t]*")


def find_column(row: Mapping[str, Any]) -> str | None:
    """Return the column that holds the prompt, or None."""
    return next((name for name in COLUMNS if row.get(name)), None)


def read_turns(row: Mapping[str, Any], column: str) -> tuple[Turn, ...]:
    """Return everything a row says in a column and its later turns; blank turns are left out.

    Raises:
        ValueError: the value is neither text nor turns.
    """
    turns = _turns(row.get(column))
    if column == "instruction" and isinstance(extra := row.get("input"), str) and extra.strip():
        turns = [Turn(role="user", content=f"{turns[0].content}\n\n{extra}"), *turns[1:]]
    if column == "task":
        turns = [Turn(role="user", content=_asked(row, turns[0].content)), *turns[1:]]
    later = [row.get(name) for name in LATER]
    if len(turns) == 1 and isinstance(listed := row.get(TURNS), list):
        later += listed
    turns += [Turn(role="user", content=text) for text in later if isinstance(text, str)]
    return tuple(turn for turn in turns if turn.content.strip())


def _asked(row: Mapping[str, Any], task: str) -> str:
    """Return a task with its context before it and its lettered options after it."""
    context, options = row.get("context"), row.get("options")
    listed = options if isinstance(options, list) else []
    lettered = "\n".join(f"{chr(65 + i % 26)}. {option}" for i, option in enumerate(listed))
    parts = (context if isinstance(context, str) else "", task, lettered)
    return "\n\n".join(part for part in parts if part.strip())


def find_passage(row: Mapping[str, Any], turns: Sequence[Turn]) -> tuple[str, str]:
    """Return the passage that a prompt is about and what is asked about it; both empty where unknown.

    A column tells the passage when its text stands in the first user turn and leaves something to ask.
    """
    first, *later = [turn.content for turn in turns if turn.role == "user"]
    for name in PASSAGES:
        passage = text.strip() if isinstance(text := row.get(name), str) else ""
        task = first.replace(passage, "", 1).strip() if passage in first else ""
        if len(passage) >= LEAST_PASSAGE and task:
            return passage, "\n\n".join([task, *later])
    return "", ""


def prompt_turns(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return turns up to the last user turn: what follows is an answer."""
    last = max((i for i, turn in enumerate(turns) if turn.role == "user"), default=-1)
    return tuple(turns[: last + 1])


def _turns(value: Any) -> list[Turn]:
    if isinstance(value, str) and value.lstrip().startswith(("[{", '["')):
        value = _listed(value)  # CSV holds lists as JSON text
    if isinstance(value, str):
        return _marked(value)
    if isinstance(value, list):
        return [_turn(item) for item in value]
    raise ValueError(f"found {type(value).__name__}, not text, a list of texts or messages")


def _listed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _turn(item: Any) -> Turn:
    if isinstance(item, str):
        return Turn(role="user", content=item)
    if not isinstance(item, dict):
        raise ValueError(f"found a turn that is {type(item).__name__}, not a text or a message")
    role = str(item.get("role") or item.get("from") or "user").lower()
    content = item.get("content", item.get("value"))
    if role not in _ROLES:
        raise ValueError(f"found the role {role!r}; roles: {', '.join(sorted(_ROLES))}")
    return Turn(role=_ROLES[role], content=content if isinstance(content, str) else "")


def _marked(text: str) -> list[Turn]:
    """Read `### Human: … ### Assistant: …`; any other text is one user turn, kept byte for byte."""
    if not text.lstrip().startswith("### Human:"):
        return [Turn(role="user", content=text)]
    _, *pieces = _MARK.split(text)
    speakers: list[_Role] = ["user" if name == "Human" else "assistant" for name in pieces[::2]]
    said = [piece.strip() for piece in pieces[1::2]]
    return [Turn(role=r, content=c) for r, c in zip(speakers, said, strict=True)]
