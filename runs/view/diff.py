"""What changed from one text to another, word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
ALIKE = 0.3
"""Where less of the shorter text is in the other, one stands behind the other, whole."""
MOST_WORDS = 3_000
"""Longer texts are compared line by line: the time grows with the square."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, came or went."""

    how: Literal["same", "added", "removed"]
    text: str


def diff(before: str, after: str) -> tuple[Piece, ...]:
    """Return both texts in one: without what was added it is the first, without what went the second."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        old, new = _LINES.findall(before), _LINES.findall(after)
    pieces: list[Piece] = []
    matched = SequenceMatcher(None, old, new, autojunk=False)
    if _shared(old, matched) < ALIKE * min(_telling(old), _telling(new)):
        apart = (Piece("removed", before), Piece("added", after))
        return tuple(piece for piece in apart if piece.text)
    for how, a, b, c, d in matched.get_opcodes():
        if how == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(Piece("removed", "".join(old[a:b])))
        if c < d:
            pieces.append(Piece("added", "".join(new[c:d])))
    return tuple(pieces)


def _shared(old: list[str], matched: "SequenceMatcher[str]") -> int:
    return sum(_telling(old[a : a + size]) for a, _, size in matched.get_matching_blocks())


def _telling(pieces: list[str]) -> int:
    """Return how many pieces are words, or lines: spaces and points are in every text."""
    return sum(any(letter.isalnum() for letter in piece) for piece in pieces)
