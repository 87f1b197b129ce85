"""Why a reply ended: each endpoint has words of its own for it, and some of them mean that it is none."""

from collections.abc import Mapping
from typing import Any

from .call import CUT
from .provider import AttemptFailed

_CUT = frozenset({CUT, "max_tokens", "model_length", "max_output_tokens", "token_limit"})
_FILTERED = frozenset(
    {"safety", "recitation", "blocklist", "prohibited_content", "spii", "sensitive", "refusal"}
)
_FILTER = "content_filter"
"""Some say after it what was filtered."""
_BROKEN_OFF = frozenset(
    {
        *("error", "abort", "cancelled", "load", "network_error", "insufficient_system_resource"),
        *("malformed_function_call", "unexpected_tool_call"),
    }
)
"""The endpoint gave up, not the model: what there is of a text is no reply."""
_LONGEST = 40


def read_finish(choice: Mapping[str, Any]) -> str:
    """Return why a choice ended, in OpenAI's words where it can be said in them.

    Raises:
        AttemptFailed: the endpoint broke it off; retryable.
    """
    told = choice.get("finish_reason") or "stop"
    if isinstance(told, dict):
        told = told.get("type")
    if not isinstance(told, str) or len(told) >= _LONGEST:
        return "unknown"
    word = told.lower()
    if word in _BROKEN_OFF:
        error = choice.get("error")
        why = error.get("message") if isinstance(error, dict) else None
        text = f"the endpoint broke the reply off ({told}){f': {str(why)[:200]}' if why else ''}"
        raise AttemptFailed(text, status=200)
    if word in _FILTERED or word.startswith(_FILTER):
        return _FILTER
    return CUT if word in _CUT else told


def check_finish(message: Mapping[str, Any], finish: str) -> None:
    """Let a reply pass that was not refused.

    Raises:
        AttemptFailed: it was, by the model or by a filter; asking again does not help.
    """
    if refusal := message.get("refusal"):
        raise AttemptFailed(f"the model refused: {str(refusal)[:200]}", status=200, final=True)
    if finish == _FILTER:
        raise AttemptFailed("the endpoint's content filter stopped it", status=200, final=True)
