"""What a reader makes of a file before it is split: one document, or the reason why not."""

from dataclasses import dataclass
from typing import Literal

from ...agents.errors import EpisodeError

Kind = Literal["text", "dialogue", "code", "table", "api"]


@dataclass(frozen=True)
class Origin:
    """Where a document comes from and under which licence; empty where nobody says."""

    licence: str = ""
    source: str = ""
    title: str = ""
    private: str = ""
    """Texts that are private, one a line; `email` and `phone` stand for all of these."""

    def over(self, other: "Origin") -> "Origin":
        """Return it with what only the other one says; what either marks as private is private."""
        private = "\n".join(told for told in (self.private, other.private) if told)
        return Origin(
            self.licence or other.licence,
            self.source or other.source,
            self.title or other.title,
            private,
        )


@dataclass(frozen=True)
class Document:
    """One document, converted and cleaned, still of any length."""

    name: str
    text: str
    kind: Kind = "text"
    title: str = ""
    language: str = ""
    origin: Origin = Origin()


@dataclass(frozen=True)
class SeedReject:
    """What gives no seed, and why: `reason` is a short slug that is counted."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Wanted:
    """What of the settings (`settings.py`) the readers of files have to know."""

    text_column: str
    min_chars: int
    max_chars: int
    seconds: int
    memory_mib: int
    output_mib: int


class Unusable(EpisodeError):
    """A document cannot be used; `reason` is the slug of the reject."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
