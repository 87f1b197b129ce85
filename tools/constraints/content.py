"""What has to stand in an answer or must not: commas, places to fill in, a choice, a language."""

import re
from random import Random
from typing import ClassVar, Self

from pydantic import Field, PositiveInt

from .constraint import Constraint, Material, quoted
from .language import LANGUAGES, language_of

_PLACE = re.compile(r"\[[^\[\]\n]*+\]")
SIGNS = {
    ",": "comma",
    "!": "exclamation mark",
    ";": "semicolon",
    "?": "question mark",
    "-": "hyphen",
}


class Without(Constraint):
    """A punctuation mark does not occur."""

    KIND: ClassVar[str] = "without"
    FAMILY: ClassVar[str] = "punctuation"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"punctuation"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Do not use any {name}.",
        "There must be no {name} in your reply.",
        "Write it without a single {name}.",
        "No {name}s, please.",
    )

    sign: str = Field(min_length=1, max_length=1)

    def fault(self, text: str) -> str:
        """Look for it."""
        return f"has {self.sign!r}" if self.sign in text else ""

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw a mark; mostly the comma, which is the hardest."""
        return cls(sign="," if random.random() < 0.7 else random.choice("!;?-"))

    def said(self) -> dict[str, object]:
        """Name the mark."""
        return {"name": SIGNS.get(self.sign, f"sign {self.sign!r}")}


class Placeholders(Constraint):
    """At least so many places to fill in."""

    KIND: ClassVar[str] = "placeholders"
    FAMILY: ClassVar[str] = "content"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"places"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Leave at least {count} places to fill in, in square brackets, such as [name].",
        "Use {count} or more placeholders in square brackets, for instance [date].",
        "Make it a template with no fewer than {count} fields like [this].",
    )

    count: PositiveInt

    def fault(self, text: str) -> str:
        """Count pairs of square brackets on one line."""
        found = len(_PLACE.findall(text))
        return (
            "" if found >= self.count else f"{found} placeholders, asked for at least {self.count}"
        )

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw one to seven."""
        return cls(count=random.randint(1, 2 + material.level))


class Choice(Constraint):
    """One of given answers is in it. It is read, never drawn: it goes with closed questions only."""

    KIND: ClassVar[str] = "choice"
    FAMILY: ClassVar[str] = "choice"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"shape", "language", "length", "words"})
    WAYS: ClassVar[tuple[str, ...]] = ("Reply with one of these, as they stand: {options}.",)

    options: tuple[str, ...] = Field(min_length=2)

    def fault(self, text: str) -> str:
        """Look for each as it stands."""
        return "" if any(o in text for o in self.options) else f"has none of {quoted(self.options)}"

    def said(self) -> dict[str, object]:
        """Quote the answers."""
        return {"options": quoted(self.options)}


class Language(Constraint):
    """In a given language."""

    KIND: ClassVar[str] = "language"
    FAMILY: ClassVar[str] = "language"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"language", "case", "words", "letters", "end"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Write the whole reply in {name}.",
        "Answer in {name} and in no other language.",
        "{name} is the only language you may use.",
        "Your reply must be in {name}, all of it.",
    )

    code: str = Field(pattern="^[a-z]{2}$")

    def fault(self, text: str) -> str:
        """Tell the language; a text too short or odd to tell passes."""
        found = language_of(text)
        return (
            "" if found in ("", self.code) else f"is written in {found!r}, asked for {self.code!r}"
        )

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw one that is not English."""
        return cls(code=random.choice([code for code in LANGUAGES if code != "en"]))

    def said(self) -> dict[str, object]:
        """Name the language."""
        return {"name": LANGUAGES.get(self.code, self.code)}


CONTENT = (Without, Placeholders, Language)
