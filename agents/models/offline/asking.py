"""Ways of asking: rows of `words.yaml`, by which a task is worded and by which it is known again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .text import words

Pairs = tuple[Sequence[str], Sequence[str]]
"""Terms and replacements of a check: see `tools.checkers`."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of asking."""

    do: str
    """What answers it."""
    asks: tuple[str, ...]
    asked: re.Pattern[str]
    told: re.Pattern[str]
    checker: str

    def suits(self, checker: str, said: str) -> bool:
        """Tell whether a leaf with this checker, of which this is said, asks so."""
        return self.checker == checker and bool(self.told.search(said))


@cache
def ways(table: Literal["questions", "edits"]) -> tuple[Way, ...]:
    """Return the ways of a table; the first that fits decides."""
    return tuple(
        Way(
            row["do"],
            tuple(row["asks"]),
            # A task that no program answers is not known again.
            re.compile(row.get("asked", r"(?!)"), re.I | re.S),
            re.compile(row.get("told", ""), re.I | re.S),
            row.get("checker", ""),
        )
        for row in words(table)
    )
