"""One prompt of a test set, and what happens to it.

The passage that several prompts are about, where no column tells it: paragraphs that they share.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Literal

from ...agents.records import Turn

Part = Literal["diverse", "hard", "clean"]
Reason = Literal[
    "duplicate",
    "contaminated",
    "shared_passage",
    "prompt_score",
    "cluster_score",
    "unrated",
    "unlabelled",
]
"""Why a prompt is left out."""
EXCERPT = 200
"""Characters of a text that are told of a prompt that is left out."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it was given: its turns, and whatever else its row said."""

    id: str
    turns: tuple[Turn, ...]
    """In order, ending with a user turn; system and assistant turns stand where they were given."""
    category: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Other columns of the row."""
    passage: str = ""
    """The text that the prompt is about, where it can be told apart: a part of its first user turn."""
    task: str = ""
    """What is asked about the passage: the rest of that turn (task, options) and later turns."""

    @property
    def user_turns(self) -> tuple[str, ...]:
        """What the user says, in order."""
        return tuple(turn.content for turn in self.turns if turn.role == "user")

    @property
    def text(self) -> str:
        """All user turns as one text."""
        return "\n\n".join(self.user_turns)


def excerpt(prompt: Prompt) -> str:
    """Return how a prompt begins; its task, where it has a passage: that is what tells it apart."""
    return (prompt.task or prompt.text)[:EXCERPT]


@dataclass(frozen=True, slots=True)
class Removed:
    """A prompt that is left out, and why."""

    id: str
    reason: Reason
    detail: str
    text: str = ""
    """How it begins; its task, where it has a passage."""
    rule: str = ""
    """The rule that found it, of those that compare texts."""
    score: float = 0.0
    """How alike the two texts are under that rule."""
    matched: str = ""
    """What it matched: id of a prompt, or place of a training row."""
    matched_text: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A prompt of the test set."""

    prompt: Prompt
    cluster: int | None
    """None where only repeats were left out."""
    part: Part
    difficulty: float | None = None
    """0 to 10; None in the diverse part, which is not rated."""
    difficulty_reason: str = ""
    criteria: tuple[str, ...] | None = None
    """Names of the criteria it meets; None where they were not asked for."""
    shares_passage: str = ""
    """The training row that holds its passage under another task, where such prompts are kept."""


@dataclass(frozen=True, slots=True)
class TrainingText:
    """One text of the training rows that the test set must not repeat."""

    text: str
    place: str
    """`file#row-12`."""


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
