"""How an answer is laid out: bullet points, highlights, sections, a title, JSON."""

import json
import re
from random import Random
from typing import ClassVar, Self

from pydantic import Field, PositiveInt

from .constraint import Constraint, Material

_BULLETS = (re.compile(r"^[^\S\n]*+\*[^*].*$", re.M), re.compile(r"^[^\S\n]*+-.*$", re.M))
_STARRED = (re.compile(r"\*[^\n*]*\*"), re.compile(r"\*\*[^\n*]*\*\*"))
_FENCES = ("```json", "```Json", "```JSON", "```")


class Bullets(Constraint):
    """Exactly so many bullet points."""

    KIND: ClassVar[str] = "bullets"
    FAMILY: ClassVar[str] = "layout"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"shape", "stars"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Give exactly {count} bullet points, each on a line that begins with * and a blank.",
        "Set it as {count} bullets in Markdown (* like this), no more and no fewer.",
        "There have to be {count} bullet points. They look like this:\n* A first point.\n* A second point.",
    )

    count: PositiveInt

    def fault(self, text: str) -> str:
        """Count lines that begin with a star or a dash."""
        found = sum(len(pattern.findall(text)) for pattern in _BULLETS)
        return "" if found == self.count else f"{found} bullet points, asked for {self.count}"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw two to eight."""
        return cls(count=random.randint(2, 3 + material.level))


class Highlights(Constraint):
    """At least so many parts between stars."""

    KIND: ClassVar[str] = "highlights"
    FAMILY: ClassVar[str] = "layout"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"stars"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Highlight at least {count} parts in Markdown, *like this*.",
        "Put {count} or more phrases between stars, as in *a phrase*.",
        "Mark no fewer than {count} parts with Markdown emphasis (*marked part*).",
    )

    count: PositiveInt

    def fault(self, text: str) -> str:
        """Count what stands between stars; an empty pair counts for nothing."""
        single, double = (pattern.findall(text) for pattern in _STARRED)
        found = sum(bool(part.strip("*").strip()) for part in single)
        found += sum(bool(part[2:-2].strip()) for part in double)
        return "" if found >= self.count else f"{found} highlights, asked for at least {self.count}"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw one to six."""
        return cls(count=random.randint(1, 2 + min(4, material.level)))


class Sections(Constraint):
    """At least so many sections under numbered heads."""

    KIND: ClassVar[str] = "sections"
    FAMILY: ClassVar[str] = "layout"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"shape", "start"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Write {count} sections; the head of each is the word {head} and its number, as in {head} 1.",
        "Divide your reply into {count} parts that begin with {head} 1, {head} 2 and so on.",
    )

    head: str = Field(min_length=1)
    count: PositiveInt

    def fault(self, text: str) -> str:
        """Count the heads with a number."""
        found = len(re.split(rf"\s?{re.escape(self.head)}\s?\d+\s?", text)) - 1
        return "" if found >= self.count else f"{found} sections, asked for {self.count}"

    @classmethod
    def draw(cls, random: Random, material: Material) -> Self:
        """Draw two to five, under one of a few heads."""
        head = random.choice(("Part", "PART", "Chapter", "Step", "Section", "STAGE", "Lesson"))
        return cls(head=head, count=random.randint(2, 2 + min(3, material.level)))


class Title(Constraint):
    """A title in double angular brackets."""

    KIND: ClassVar[str] = "title"
    FAMILY: ClassVar[str] = "layout"
    TOUCHES: ClassVar[frozenset[str]] = frozenset({"title"})
    WAYS: ClassVar[tuple[str, ...]] = (
        "Give it a title in double angle brackets, such as <<a title>>.",
        "It has a title, written <<title>>.",
        "Put a heading of your own between << and >>.",
    )

    def fault(self, text: str) -> str:
        """Look for a pair of double brackets on one line that holds something."""
        for line in text.split("\n"):
            start, end = line.find("<<"), line.rfind(">>")
            if end > start >= 0 and line[start : end + 2].lstrip("<").rstrip(">").strip():
                return ""
        return "has no <<title>>"


class Json(Constraint):
    """JSON and nothing else, in a fence or without one."""

    KIND: ClassVar[str] = "json"
    FAMILY: ClassVar[str] = "layout"
    TOUCHES: ClassVar[frozenset[str]] = frozenset(
        {"shape", "stars", "title", "start", "end", "case", "language", "punctuation", "length"}
    )
    WAYS: ClassVar[tuple[str, ...]] = (
        "The whole reply has to be JSON.",
        "Answer with one JSON object and nothing around it.",
        "Format everything as valid JSON; a Markdown fence (```) around it is fine.",
    )

    def fault(self, text: str) -> str:
        """Parse it."""
        text = text.strip()
        for fence in _FENCES:
            text = text.removeprefix(fence)
        try:
            json.loads(text.removesuffix("```").strip())
        except (ValueError, RecursionError) as error:
            return f"is no JSON: {str(error)[:80]}"
        return ""


LAYOUT = (Bullets, Highlights, Sections, Title, Json)
