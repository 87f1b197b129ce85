"""How an answer begins and ends, and what it is wrapped in."""

import re
from random import Random
from typing import ClassVar, Self

from pydantic import Field

from .constraint import Constraint, Material

_PHRASES = (
    "That is all there is to it.",
    "Ask me again if anything is unclear.",
    "Now it is your turn.",
    "More about this tomorrow.",
    "And so it ends.",
    "What would you have done?",
    "Thank you for reading this far.",
)
_MARKERS = ("P.S.", "P.P.S")


class Ending(Constraint):
    """The last words are given."""

    KIND: ClassVar[str] = "ending"
    FAMILY: ClassVar[str] = "frame"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"end"})
    WAYS: ClassVar[tuple[str, ...]] = (
        'End with exactly these words: "{phrase}" Nothing may follow them.',
        'The last thing you write is "{phrase}"',
        'Close your reply with the sentence "{phrase}" and stop there.',
    )

    phrase: str = Field(min_length=1)

    def fault(self, text: str) -> str:
        """Compare the end, whatever its case; a quotation mark may follow."""
        ends = text.strip().strip('"').lower().endswith(self.phrase.strip().lower())
        return "" if ends else f"does not end with {self.phrase!r}"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw a closing sentence."""
        return cls(phrase=random.choice(_PHRASES))


class Quotation(Constraint):
    """All of it in double quotation marks."""

    KIND: ClassVar[str] = "quotation"
    FAMILY: ClassVar[str] = "frame"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"start", "end", "shape"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Put your whole reply in double quotation marks.",
        'Begin with " and end with ": everything you write stands in quotation marks.',
        "Wrap all of it in one pair of double quotes.",
    )

    def fault(self, text: str) -> str:
        """Look at the first and the last sign."""
        text = text.strip()
        wrapped = len(text) > 1 and text[0] == text[-1] == '"'
        return "" if wrapped else "is not wrapped in double quotation marks"


class Postscript(Constraint):
    """A postscript after a given mark."""

    KIND: ClassVar[str] = "postscript"
    FAMILY: ClassVar[str] = "frame"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"end"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Add a postscript at the end that starts with {marker}",
        "After your signature comes a postscript; it begins with {marker}",
        "Finish with an afterthought under the mark {marker}",
    )

    marker: str = Field(min_length=1)

    def fault(self, text: str) -> str:
        """Look for the mark, with or without blanks between its letters."""
        patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
        found = re.search(patterns.get(self.marker, re.escape(self.marker.lower())), text.lower())
        return "" if found else f"has no postscript {self.marker}"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw one of the two marks."""
        return cls(marker=random.choice(_MARKERS))


class RepeatedRequest(Constraint):
    """The request stands word for word before the answer."""

    KIND: ClassVar[str] = "repeated_request"
    FAMILY: ClassVar[str] = "frame"
    TOUCHES: ClassVar[frozenset[str]] = frozenset(
        {"start", "shape", "case", "language", "punctuation", "words", "letters", "length"}
    )
    WAYS: ClassVar[tuple[str, ...]] = (
        "Before you answer, repeat the request above word for word, with nothing in front of it; this"
        " sentence is no part of it.",
        "Your reply starts with all that stands above this line, copied without a change; then comes"
        " the answer. Do not copy this line.",
        "First say again, exactly, what was asked before this sentence, and only then carry it out.",
    )

    request: str = Field(min_length=1)

    def fault(self, text: str) -> str:
        """Compare the beginning, whatever its case."""
        begins = text.strip().lower().startswith(self.request.strip().lower())
        return "" if begins else "does not begin with the request"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Take the task itself."""
        return cls(request=material.task)


class TwoAnswers(Constraint):
    """Two different answers, with six stars between them."""

    KIND: ClassVar[str] = "two_answers"
    FAMILY: ClassVar[str] = "frame"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"shape", "stars", "start", "end", "length"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Write two different versions and put six stars between them: ******",
        "I want two answers that differ. Divide them by ****** and by nothing else.",
    )

    def fault(self, text: str) -> str:
        """Count what stands between the stars; an empty one is allowed at either end only."""
        parts = text.split("******")
        if any(not part.strip() for part in parts[1:-1]):
            return "an answer between two dividers is empty"
        said = [part.strip() for part in parts if part.strip()]
        if len(said) != 2:
            return f"{len(said)} answers, asked for 2"
        return "" if said[0] != said[1] else "both answers are the same"


FRAME = (Ending, Quotation, Postscript, RepeatedRequest, TwoAnswers)
