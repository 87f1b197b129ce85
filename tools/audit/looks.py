"""How an answer looks: its length, and the markdown in it. Plain counts, never a judgement."""

import re
from typing import NamedTuple

_FENCE = re.compile(r"^[^\S\n]*+(?:```|~~~)", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6} ", re.MULTILINE)
_ITEM = re.compile(r"^[^\S\n]*+(?:[-*+•]|\d{1,3}[.)]) ", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


class Looks(NamedTuple):
    """Counts of one answer."""

    length: float
    """Characters."""
    headings: float = 0.0
    items: float = 0.0
    """List items."""
    bold: float = 0.0
    code: float = 0.0
    """Fenced code blocks."""
    styled: bool = False
    """False where only the length is known."""


STYLE = ("headings", "items", "bold", "code")


def looks(text: str) -> Looks:
    """Count what an answer looks like; inside code blocks nothing is markdown."""
    parts = _FENCE.split(text)
    prose = "\n".join(parts[::2])
    return Looks(
        length=float(len(text)),
        headings=float(len(_HEADING.findall(prose))),
        items=float(len(_ITEM.findall(prose))),
        bold=float(len(_BOLD.findall(prose))),
        code=float(len(parts) // 2),
        styled=True,
    )
