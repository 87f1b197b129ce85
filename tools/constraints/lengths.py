"""How long an answer is: words, sentences, paragraphs."""

import re
from random import Random
from typing import ClassVar, Self

from pydantic import Field, PositiveInt

from .constraint import Constraint, Material, Relation, outside

_ABBREVIATIONS = (
    "mr|mrs|ms|dr|prof|st|sr|jr|vs|etc|e\\.g|i\\.e|inc|ltd|co|corp|dept|est|fig|gen|gov|hon|messrs|mt|"
    "no|rep|rev|sen|u\\.s|u\\.k|a\\.m|p\\.m|jan|feb|aug|sept|oct|nov|dec"
)
_END = re.compile(r"(?<![.!?])[.!?]++[\"'”’)\]*_]*+(?=\s|\Z)")
_SHORT = re.compile(rf"(?:\b(?:{_ABBREVIATIONS})|(?<![\w.])[a-z])\.$", re.I)
_NUMBER = re.compile(r"(?:^|\s)\(?\d{1,3}\.$")


def count_sentences(text: str) -> int:
    """Return how many sentences end in a text; what is left without an end counts as one.

    A numeral before an item of a list counts, as it does for the Punkt tokenizer of IFEval's reference: of
    640 answers of eight models, 602 had the same count, 633 the same or one more or less.
    """
    count, start = 0, 0
    for end in _END.finditer(text):
        if _goes_on(text, start, end.start(), end.end()):
            continue
        count += 1
        start = end.end()
    return count + bool(text[start:].strip())


def _goes_on(text: str, start: int, mark: int, end: int) -> bool:
    """Return whether full stops end no sentence: of an abbreviation, a numeral, a hesitation."""
    before, after = text[start : mark + 1], text[end:].lstrip()[:1]
    if text[mark : mark + 3] == "...":
        return after.islower()
    if text[mark] != "." or not after:
        return False
    return bool(_SHORT.search(before)) or bool(_NUMBER.search(before) and after.islower())


_WORD = re.compile(r"\w+")
_PUNCTUATION = ".,?!'\""


class _Counted(Constraint):
    """A number of something, as a least or as a limit."""

    FAMILY: ClassVar[str] = "lengths"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"length"})
    SAID: ClassVar[dict[str, tuple[str, ...]]]

    relation: Relation
    count: PositiveInt

    def say(self, random: Random) -> str:
        """Ask for it in one of the ways for its relation."""
        return random.choice(self.SAID[self.relation]).format(n=self.count, most=self.count - 1)


class Words(_Counted):
    """So many words."""

    KIND: ClassVar[str] = "words"
    SAID: ClassVar[dict[str, tuple[str, ...]]] = {
        "at least": (
            "Write at least {n} words.",
            "Your reply needs {n} words or more.",
            "It must not be shorter than {n} words.",
            "Give me {n}+ words.",
        ),
        "less than": (
            "Stay below {n} words.",
            "Use fewer than {n} words.",
            "Keep the whole reply under {n} words.",
            "At most {most} words, please.",
        ),
    }

    def fault(self, text: str) -> str:
        """Count runs of letters and digits."""
        return outside(len(_WORD.findall(text)), self.relation, self.count, "words")

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw a length that a short text has to reach, or keep to."""
        if random.random() < 0.5:
            return cls(
                relation="at least", count=random.randrange(60, 121 + 60 * material.level, 10)
            )
        return cls(
            relation="less than", count=random.randrange(max(30, 120 - 20 * material.level), 181, 5)
        )


class Sentences(_Counted):
    """So many sentences."""

    KIND: ClassVar[str] = "sentences"
    SAID: ClassVar[dict[str, tuple[str, ...]]] = {
        "at least": (
            "Write {n} sentences or more.",
            "It takes at least {n} sentences.",
            "Your reply should have no fewer than {n} sentences.",
        ),
        "less than": (
            "Use fewer than {n} sentences.",
            "Keep it to {most} sentences at most.",
            "The whole reply has to stay below {n} sentences.",
        ),
    }

    def fault(self, text: str) -> str:
        """Count sentences."""
        return outside(count_sentences(text), self.relation, self.count, "sentences")

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw a few sentences."""
        if random.random() < 0.5:
            return cls(relation="at least", count=random.randint(4, 6 + 2 * material.level))
        return cls(relation="less than", count=random.randint(3, max(4, 9 - material.level)))


class Paragraphs(Constraint):
    """So many paragraphs, with three stars between them."""

    KIND: ClassVar[str] = "paragraphs"
    FAMILY: ClassVar[str] = "lengths"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"shape"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Write {count} paragraphs and put a line with *** between them.",
        "Divide your reply into exactly {count} paragraphs with *** as the divider.",
        "I want {count} paragraphs; part them by three stars: ***",
    )

    count: int = Field(ge=1)

    def fault(self, text: str) -> str:
        """Count what stands between the stars; an empty one is allowed at either end only."""
        parts = re.split(r"\s?\*\*\*\s?", text)
        inner = parts[1:-1] if len(parts) > 1 else []
        if any(not part.strip() for part in inner):
            return "a paragraph between two dividers is empty"
        found = sum(bool(part.strip()) for part in parts)
        return "" if found == self.count else f"{found} paragraphs, asked for {self.count}"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw two to six."""
        return cls(count=random.randint(2, 2 + min(4, material.level)))


class NthParagraph(Constraint):
    """So many paragraphs with empty lines between them, one of which begins with a given word."""

    KIND: ClassVar[str] = "nth_paragraph"
    FAMILY: ClassVar[str] = "lengths"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"shape", "start"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Write {count} paragraphs with an empty line between each two. Paragraph {nth} begins with the"
        ' word "{word}".',
        "Your reply has exactly {count} paragraphs, set apart by blank lines (two line breaks), and the"
        ' first word of paragraph {nth} is "{word}".',
    )

    count: PositiveInt
    nth: PositiveInt
    word: str = Field(min_length=1)

    def fault(self, text: str) -> str:
        """Count the paragraphs, and look at the first word of the one that is meant."""
        parts = text.split("\n\n")
        found = sum(bool(part.strip()) for part in parts)
        if self.nth > found or not (words := parts[self.nth - 1].split()):
            return f"there is no paragraph {self.nth}"
        first = words[0].lstrip("'").lstrip('"')
        first = re.split(f"[{re.escape(_PUNCTUATION)}]", first, maxsplit=1)[0].lower()
        if first != self.word.lower():
            return f"paragraph {self.nth} begins with {first!r}, asked for {self.word!r}"
        return "" if found == self.count else f"{found} paragraphs, asked for {self.count}"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw two to five paragraphs, and a word of the material."""
        count = random.randint(2, 2 + min(3, material.level))
        return cls(count=count, nth=random.randint(1, count), word=random.choice(material.words))


LENGTHS = (Words, Sentences, Paragraphs, NthParagraph)
