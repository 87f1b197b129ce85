"""The passage that several prompts are about, where no column tells it: paragraphs that they share."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from .prompt import Prompt

LEAST_SHARED = 150
"""Characters from which paragraphs that prompts share count as a passage."""
_BLANK_LINES = re.compile(r"\n\s*\n")
_Keys = list[bytes]


def with_passages(prompts: Sequence[Prompt]) -> list[Prompt]:
    """Return the prompts with passage and task told apart where whole paragraphs allow it.

    A passage opens or closes at least two prompts, and leaves something to ask in each. What a row's
    own columns tell stays; conversations are left whole.
    """
    split = [_BLANK_LINES.split(p.text.strip()) if _may_split(p) else [] for p in prompts]
    opening = [_keys(paragraphs) for paragraphs in split]
    closing = [_keys(paragraphs[::-1]) for paragraphs in split]
    opens = Counter(key for keys in opening for key in keys)
    closes = Counter(key for keys in closing for key in keys)
    return [
        _split(prompt, paragraphs, _shared(first, opens), _shared(last, closes))
        for prompt, paragraphs, first, last in zip(prompts, split, opening, closing, strict=True)
    ]


def _may_split(prompt: Prompt) -> bool:
    return not prompt.passage and len(prompt.user_turns) == 1


def _keys(paragraphs: Sequence[str]) -> _Keys:
    """Return a key for the first paragraph, the first two, and so on up to all."""
    running = blake2b(digest_size=12)
    keys = []
    for paragraph in paragraphs:
        running.update((" ".join(paragraph.split()) + "\n").encode("utf-8", "replace"))
        keys.append(running.copy().digest())
    return keys


def _shared(keys: _Keys, count: Counter[bytes]) -> int:
    """Return how many paragraphs another prompt has too; at least one is left to the prompt alone."""
    return max((n for n, key in enumerate(keys[:-1], 1) if count[key] > 1), default=0)


def _split(prompt: Prompt, paragraphs: list[str], first: int, last: int) -> Prompt:
    opening = "\n\n".join(paragraphs[:first])
    closing = "\n\n".join(paragraphs[len(paragraphs) - last :])
    if max(len(opening), len(closing)) < LEAST_SHARED:
        return prompt
    if len(opening) >= len(closing):
        return replace(prompt, passage=opening, task="\n\n".join(paragraphs[first:]))
    return replace(prompt, passage=closing, task="\n\n".join(paragraphs[:-last]))
