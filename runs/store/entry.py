"""One paid reply as it stands in the ledger, and how its row is read."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import orjson

from ...agents.models.call import Reply
from ...agents.records import ToolCall
from .requests import Unreadable

REPLY = (
    *("text", "model", "tool_calls", "tokens_in", "tokens_out", "usd", "finish", "seconds"),
    *("thoughts", "cap"),
)
"""The columns that make a reply, in the order of its fields."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One paid reply as it stands in the ledger; `tool_calls` is JSON text."""

    seq: int
    """Counts up as entries are written."""
    key: str
    alias: str
    role: str
    model: str
    tokens_in: int
    tokens_out: int
    usd: float
    finish: str
    cap: int
    """The `max_tokens` it was written under."""
    seconds: float
    started_at: float
    """Unix time."""
    text: str
    thoughts: str
    tool_calls: str


_COLUMNS = tuple(field.name for field in fields(Entry))
_KINDS: dict[str, Any] = {
    name: (int, float) if kind is float else kind for name, kind in get_type_hints(Entry).items()
}


def entry(row: Sequence[Any]) -> Entry:
    """Return a row of all columns.

    Raises:
        Unreadable: one holds another kind of value than was written.
    """
    _check(str(row[1]), _COLUMNS, row)
    made = Entry(*row)
    _calls(made.key, made.tool_calls)
    return made


def reply(key: str, row: Sequence[Any]) -> Reply:
    """Return a row of the columns of a reply; raises as `entry` does."""
    _check(key, REPLY, row)
    text, model, calls, *rest = row
    return Reply(text, model, _calls(key, calls), *rest)


def _calls(key: str, text: str) -> tuple[ToolCall, ...]:
    if not text:
        return ()
    try:
        return tuple(ToolCall(**call) for call in orjson.loads(text))
    except (ValueError, TypeError) as error:
        raise Unreadable(f"ledger, {key}: its tool calls are none") from error


def _check(key: str, names: Sequence[str], row: Sequence[Any]) -> None:
    for name, value in zip(names, row, strict=True):
        if not isinstance(value, _KINDS[name]):
            raise Unreadable(f"ledger, {key}: {name} holds {type(value).__name__}: {value!r:.40}")
