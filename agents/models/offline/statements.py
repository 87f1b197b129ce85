"""A debate as it stands in a prompt: who said what, and what can be read off it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .sections import read_sections
from .text import sentences

_QUOTED = re.compile(r"[\"“]([^\"”]{8,})[\"”]")
_QUOTE = 14
"""Words of a quotation."""


@dataclass(frozen=True, slots=True)
class Said:
    """One statement."""

    speaker: str
    actions: tuple[str, ...]
    text: str


def read_debate(debate: str) -> tuple[Said, ...]:
    """Read the statements of a prompt's debate, in order."""
    return tuple(
        Said(
            section.attributes.get("speaker", ""),
            tuple(section.attributes.get("actions", "").split(", ")),
            section.text,
        )
        for tag, section in read_sections(debate).items
        if tag == "statement"
    )


def answers_of(said: Sequence[Said], speaker: str) -> list[str]:
    """Return what a speaker answered: its opening first, then what it said when it was challenged."""
    return [s.text for s in said if s.speaker == speaker and "respond" in s.actions]


def asked(statement: str) -> str:
    """Return the question that a statement ends with, or the empty string."""
    questions = [s for s in sentences(statement) if s.endswith("?")]
    return questions[-1] if questions else ""


def quote(text: str) -> str:
    """Return the first words of a text, fit to stand between double quotes."""
    return " ".join(re.sub(r"[\"“”]", "", text).split()[:_QUOTE])


def quotes(statement: str, others: Sequence[str]) -> bool:
    """Tell whether a statement quotes words that another one holds."""
    held = [_plain(text) for text in others]
    return any(_plain(words) in text for words in _QUOTED.findall(statement) for text in held)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
