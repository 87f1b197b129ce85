"""Capitals and small letters in an answer."""

import re
from random import Random
from typing import ClassVar, Self

from pydantic import PositiveInt

from .constraint import Constraint, Material, Relation, outside
from .language import language_of

# What a word in capitals ends at: contractions count as two, as do words around a slash or a dash.
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\w+(?:[-&.]\w+)*(?=N'T\b)|N'T\b|'\w+|\w+(?:[-&.]\w+)*")


class Capitals(Constraint):
    """All in capitals, and in English."""

    KIND: ClassVar[str] = "capitals"
    FAMILY: ClassVar[str] = "casing"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"case", "language"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Write everything in capital letters, in English.",
        "ALL LETTERS HAVE TO BE CAPITALS, and the language English.",
        "Reply in English and in upper case only.",
        "Small letters are not allowed: English, in capitals throughout.",
    )

    def fault(self, text: str) -> str:
        """Look for small letters, then at the language."""
        return "has small letters" if not text.isupper() else _not_english(text)


class SmallLetters(Constraint):
    """All in small letters, and in English."""

    KIND: ClassVar[str] = "small_letters"
    FAMILY: ClassVar[str] = "casing"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"case", "language"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Write everything in small letters, in English; no capitals at all.",
        "No capital letter may occur, not even at the start of a sentence; the language is English.",
        "Reply in English and in lower case only.",
        "use lowercase english letters throughout.",
    )

    def fault(self, text: str) -> str:
        """Look for capitals, then at the language."""
        return "has capitals" if not text.islower() else _not_english(text)


class CapitalWords(Constraint):
    """So many words all in capitals."""

    KIND: ClassVar[str] = "capital_words"
    FAMILY: ClassVar[str] = "casing"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"case"})
    SAID: ClassVar[dict[str, tuple[str, ...]]] = {
        "at least": (
            "Set at least {n} words in CAPITALS.",
            "Stress some words by writing them in all capital letters, {n} or more.",
        ),
        "less than": (
            "Fewer than {n} words may be in all capital letters.",
            "Write less than {n} words entirely in CAPITALS.",
        ),
    }

    relation: Relation
    count: PositiveInt

    def fault(self, text: str) -> str:
        """Count words whose letters are all capitals."""
        found = sum(token.isupper() for token in _TOKEN.findall(text))
        return outside(found, self.relation, self.count, "words in capitals")

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw a few."""
        if random.random() < 0.7:
            return cls(relation="at least", count=random.randint(1, 2 + 2 * material.level))
        return cls(relation="less than", count=random.randint(2, 12))

    def say(self, random: Random) -> str:
        """Ask for it in one of the ways for its relation."""
        return random.choice(self.SAID[self.relation]).format(n=self.count)


def _not_english(text: str) -> str:
    found = language_of(text.lower())
    return "" if found in ("", "en") else f"is written in {found!r}, asked for English"


CASING = (Capitals, SmallLetters, CapitalWords)
