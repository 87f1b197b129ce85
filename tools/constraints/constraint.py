"""What a constraint on an answer is: typed parameters, a check, and ways to say it.

A kind of constraint is a frozen model with the values that it is about. What is checked (`fault`), what
it is drawn from (`draw`) and how it is asked for (`WAYS`) stand together, one family a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

Relation = Literal["at least", "less than"]
"""Which side of a number is asked for; the number itself belongs to the first alone."""


@dataclass(frozen=True, slots=True)
class Material:
    """What parameters may be drawn from: the task, words of the text behind it, and how hard it is to be."""

    task: str
    words: tuple[str, ...]
    """Telling words of the passage, small letters, each once, the most frequent first; never none."""
    level: int = 2
    """1 to 5: how far a number lies from what an answer would keep by itself."""


class Constraint(BaseModel):
    """One constraint on the form of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    KIND: ClassVar[str]
    """Its name in a check."""
    FAMILY: ClassVar[str]
    """Which leaf asks for it."""
    TOUCHES: ClassVar[frozenset[str]]
    """What of an answer it decides: two constraints that touch the same are not asked for together."""
    WAYS: ClassVar[tuple[str, ...]]
    """Sentences that ask for it, with its fields in braces."""

    def fault(self, text: str) -> str:
        """Return what is wrong with an answer; empty where it keeps the constraint."""
        raise NotImplementedError

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Return one with parameters that suit the material; itself where there is nothing to draw."""
        return cls()

    def say(self, random: Random) -> str:
        """Return a sentence that asks for it."""
        return random.choice(self.WAYS).format(**self.said())

    def said(self) -> dict[str, object]:
        """Return what the braces of its sentences stand for."""
        return dict(self)


def quoted(words: Sequence[str]) -> str:
    """Return words in quotation marks, as a list in a sentence."""
    *first, last = (f'"{word}"' for word in words)
    return f"{', '.join(first)} and {last}" if first else last


def outside(found: int, relation: Relation, wanted: int, what: str) -> str:
    """Return what is wrong with a count; empty where it is on the side asked for."""
    right = found >= wanted if relation == "at least" else found < wanted
    return "" if right else f"{found} {what}, asked for {relation} {wanted}"
