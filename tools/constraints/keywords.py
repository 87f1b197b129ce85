"""Which words and letters stand in an answer, and how often."""

import re
from collections import Counter
from random import Random
from typing import ClassVar, Self

from pydantic import Field, NonNegativeInt, PositiveInt

from .constraint import Constraint, Material, Relation, outside, quoted

_COMMON = (
    "very",
    "really",
    "also",
    "because",
    "however",
    "important",
    "there",
    "people",
    "good",
    "then",
)
"""Words that answers have by themselves: what it takes to leave out."""
_TIMES = {1: "once", 2: "twice"}


def _times(count: int) -> str:
    return _TIMES.get(count, f"{count} times")


class Keywords(Constraint):
    """Given words occur."""

    KIND: ClassVar[str] = "keywords"
    FAMILY: ClassVar[str] = "keywords"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"words"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Work in the words {words}.",
        "The words {words} have to occur.",
        "Use {words} somewhere in your reply.",
        "Include these keywords: {words}.",
    )

    words: tuple[str, ...] = Field(min_length=1)

    def fault(self, text: str) -> str:
        """Look for each, whatever its case and wherever it stands."""
        missing = [word for word in self.words if not re.search(word_pattern(word), text, re.I)]
        return f"lacks {quoted(missing)}" if missing else ""

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw one to five telling words of the material."""
        count = min(len(material.words), random.randint(1, 1 + min(4, material.level)))
        return cls(words=tuple(random.sample(material.words, count)))

    def said(self) -> dict[str, object]:
        """Quote the words."""
        return {"words": quoted(self.words)}


class Repeated(Constraint):
    """A given word occurs so often."""

    KIND: ClassVar[str] = "repeated"
    FAMILY: ClassVar[str] = "keywords"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"words"})
    SAID: ClassVar[dict[str, tuple[str, ...]]] = {
        "at least": (
            'Use the word "{word}" at least {n}.',
            '"{word}" should come up {n} or more.',
            'Mention "{word}" no fewer than {n}.',
        ),
        "less than": (
            'The word "{word}" may occur fewer than {n}.',
            'Mention "{word}" less than {n}.',
        ),
    }

    word: str = Field(min_length=1)
    relation: Relation
    count: PositiveInt

    def fault(self, text: str) -> str:
        """Count it, whatever its case and wherever it stands."""
        found = len(re.findall(word_pattern(self.word), text, re.I))
        return outside(found, self.relation, self.count, f"times {self.word!r}")

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw a telling word; mostly it has to come up several times."""
        word = random.choice(material.words[: max(4, len(material.words) // 2)])
        if random.random() < 0.75:
            return cls(word=word, relation="at least", count=random.randint(2, 2 + material.level))
        return cls(word=word, relation="less than", count=random.randint(2, 4))

    def say(self, random: Random) -> str:
        """Ask for it in one of the ways for its relation."""
        return random.choice(self.SAID[self.relation]).format(word=self.word, n=_times(self.count))


class Forbidden(Constraint):
    """Given words do not occur."""

    KIND: ClassVar[str] = "forbidden"
    FAMILY: ClassVar[str] = "keywords"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"words"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Do without the words {words}.",
        "Never write {words}.",
        "Avoid these words: {words}.",
        "Your reply must be free of {words}.",
    )

    words: tuple[str, ...] = Field(min_length=1)

    def fault(self, text: str) -> str:
        """Look for each as a whole word, whatever its case."""
        held = [w for w in self.words if re.search(rf"\b{word_pattern(w)}\b", text, re.I)]
        return f"holds {quoted(held)}" if held else ""

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw words that the material makes likely, and everyday ones."""
        own = [word for word in material.words if word not in material.task.lower()] or [_COMMON[0]]
        count = random.randint(1, 1 + min(4, material.level))
        drawn = [random.choice(random.choice((own, list(_COMMON)))) for _ in range(count)]
        return cls(words=tuple(dict.fromkeys(drawn)))

    def said(self) -> dict[str, object]:
        """Quote the words."""
        return {"words": quoted(self.words)}


class Letters(Constraint):
    """A given letter or sign occurs so often."""

    KIND: ClassVar[str] = "letters"
    FAMILY: ClassVar[str] = "keywords"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"letters"})
    SAID: ClassVar[dict[str, tuple[str, ...]]] = {
        "at least": (
            'Let the letter "{letter}" appear {n} or more.',
            'Use "{letter}" at least {n}.',
        ),
        "less than": (
            'Let the letter "{letter}" appear fewer than {n}.',
            'The letter "{letter}" may stand there less than {n}.',
        ),
    }

    letter: str = Field(min_length=1, max_length=1)
    relation: Relation
    count: NonNegativeInt

    def fault(self, text: str) -> str:
        """Count it in both cases."""
        found = Counter(text.lower())[self.letter.lower()]
        return outside(found, self.relation, self.count, f"times {self.letter!r}")

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw a rare letter or sign to be used, or a less rare one to be spared."""
        if random.random() < 0.7:
            letter = random.choice("!?#bcfgkmpqvwxyz")
            most = (
                3 + 2 * material.level
                if letter.isalpha() and letter not in "qxz"
                else 2 + material.level
            )
            return cls(letter=letter, relation="at least", count=random.randint(2, most))
        return cls(
            letter=random.choice("bjkqvwxyz"), relation="less than", count=random.randint(2, 5)
        )

    def say(self, random: Random) -> str:
        """Ask for it in one of the ways for its relation."""
        said = random.choice(self.SAID[self.relation]).format(
            letter=self.letter, n=_times(self.count)
        )
        return said if self.letter.isalpha() else said.replace("letter ", "sign ")


def word_pattern(word: str) -> str:
    """Return the pattern of a word as it stands."""
    return re.escape(word)


KEYWORDS = (Keywords, Repeated, Forbidden, Letters)
