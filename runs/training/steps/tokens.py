"""Conversations as the tokens that a model reads in battles, and those of them that it is to learn."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ....agents.models.chat import rendered

IGNORED = -100
"""The label of a token that nothing is learned from."""


@dataclass(frozen=True)
class Learned:
    """A conversation as token ids, with labels for what the assistant says in it."""

    ids: list[int]
    labels: list[int]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSONL file."""
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def learned(tokenizer: Any, messages: list[dict[str, str]]) -> Learned | None:
    """Return a conversation to learn from; None where the template writes it in no one way.

    Each part is turned into tokens by itself, as it is when the model answers: no token spans the
    place where its own words begin.
    """
    ids, labels, done = list[int](), list[int](), ""
    for number, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        asked = rendered(tokenizer, messages[:number], reply=True)
        said = rendered(tokenizer, messages[: number + 1], reply=False)
        if not asked.startswith(done) or not said.startswith(asked):
            return None
        before, own = (encoded(tokenizer, t) for t in (asked[len(done) :], said[len(asked) :]))
        ids += before + own
        labels += [IGNORED] * len(before) + own
        done = said
    return Learned(ids, labels)


def encoded(tokenizer: Any, text: str) -> list[int]:
    """Return the tokens of a text; the template wrote the special ones itself."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
