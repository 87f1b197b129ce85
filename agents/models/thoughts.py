"""Thoughts of a model apart from what it says: they are neither parsed, judged nor trained on.

They stand at the start of a text, in `<think>` blocks. What comes later, as in an answer about such
tags, is part of the answer and stays.
"""

import re
from typing import Any

_OPEN = re.compile(r"\s*(?:<think(?:ing)?>|\[THINK\])", re.IGNORECASE)
_CLOSE = re.compile(r"</think(?:ing)?>|\[/THINK\]", re.IGNORECASE)
# Where the opening tag stood in the prompt, only the closing one is left, at a line's beginning or
# end; a tag that is talked about stands inside of one, or has its opening one before it.
_LONE = re.compile(
    r"^</think(?:ing)?>|(?<=[^\s`\"'(>])</think(?:ing)?>(?=[ \t]*(?:\n|\{))",
    re.IGNORECASE | re.MULTILINE,
)
_STRAY = re.compile(rf"\s*(?:{_CLOSE.pattern})", re.IGNORECASE)
_LEAD = re.compile(r"\A(?:\s*\n|[ \t]+)")
_TAG = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_FIELDS = ("reasoning_content", "reasoning", "thinking")
"""Where servers put thoughts beside `content`: vLLM and DeepSeek, OpenRouter and Ollama, others."""


def split_thoughts(text: str) -> tuple[str, str]:
    """Return the thoughts at the start of a text, and the rest; an unclosed block is all thoughts."""
    if "<" not in text and "[" not in text:
        return "", text
    thoughts, rest = _blocks(text)
    if rest is text:
        thoughts, rest = _before_lone_tag(text)
    return thoughts, text if rest is text else _LEAD.sub("", rest)


def _blocks(text: str) -> tuple[str, str]:
    """Return what stands in the blocks at the start, and what comes after the last of them."""
    found: list[str] = []
    rest = text
    while opened := _OPEN.match(rest):
        closed = _CLOSE.search(rest, opened.end())
        found.append(rest[opened.end() : closed.start() if closed else None].strip())
        rest = rest[closed.end() :] if closed else ""
        while stray := _STRAY.match(rest):
            rest = rest[stray.end() :]
    return "\n\n".join(filter(None, found)), rest


def _before_lone_tag(text: str) -> tuple[str, str]:
    closed = _LONE.search(text)
    if closed is None:
        return "", text
    before = text[: closed.start()]
    # An opening tag or an open code fence before it: the text is about tags.
    if _TAG.search(before) or before.count("```") % 2:
        return "", text
    return before.strip(), text[closed.end() :]


def read_message(message: dict[str, Any]) -> tuple[str, str]:
    """Return the thoughts and the text of a raw message, whatever form its server gives them."""
    content, thoughts = _content(message.get("content"))
    beside = next((t for name in _FIELDS if (t := _told(message.get(name))).strip()), "")
    inside, text = split_thoughts(content)
    return "\n\n".join(part for part in (beside.strip(), thoughts, inside) if part), text


def _content(content: Any) -> tuple[str, str]:
    """Return the text of a content and the thoughts among its parts."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else "", ""
    texts, thoughts = [], []
    for part in content:
        if isinstance(part, dict) and part.get("type") in ("thinking", "reasoning"):
            thoughts.append(_told(part.get(part["type"]) or part.get("text")))
        else:
            texts.append(_told(part))
    return "".join(texts), "\n\n".join(filter(None, thoughts)).strip()


def _told(value: Any) -> str:
    """Return the text of a text, of a part with one, or of a list of such parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_told, value))
    if isinstance(value, dict):
        return _told(value.get("text") or value.get("content") or "")
    return ""
