"""What a text says besides a passage: the task, in most training rows."""

import re

_PIECES = re.compile(r"(?<=[.!?:])\s+|\n+")
_WORDS = re.compile(r"\w+")
_SHINGLE = 3
LEAST_TASK = 3
"""Words of a task that tell it from a phrase."""


def without(text: str, passage: str) -> str:
    """Return a text without a passage: cut out, or else without the sentences that stand in it.

    A sentence stands in the passage when at least half of its word triples do, so that a passage in
    which a number or a name was changed goes too.
    """
    if passage in text:
        return text.replace(passage, "\n").strip()
    held = _shingles(_words(passage))
    pieces = [piece.strip() for piece in _PIECES.split(text)]
    return "\n".join(piece for piece in pieces if piece and not _stands(piece, held))


def asks(text: str, task: str) -> bool:
    """Tell whether a task stands in a text word for word; a phrase of too few words never does."""
    words = _words(task)
    return len(words) >= LEAST_TASK and f" {' '.join(words)} " in f" {' '.join(_words(text))} "


def _stands(piece: str, held: set[tuple[str, ...]]) -> bool:
    own = _shingles(_words(piece))
    return 2 * len(own & held) >= len(own)


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + _SHINGLE]) for i in range(max(0, len(words) - _SHINGLE + 1))}
