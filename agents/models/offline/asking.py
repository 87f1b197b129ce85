"""Questions: a plain prompt taken apart, and the ways of asking.

A way of asking is a row of `words.yaml`, by which a task is worded, known again, answered and checked.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from .text import words

_OPTION = re.compile(r"^([A-Z])[.)] +(\S.*)$")
_LIST_ROW = re.compile(r"^\s*(?:[-*•]|\(?(?:\d+|[A-Za-z])[.)])\s")
ITEM = re.compile(r"^[^\S\n]*+\(?(\d+|[A-Za-z])[.)]\s+(.+)$", re.M)
QUOTED = re.compile(r"[\"“]([^\"“”\n]+)[\"”]")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, about what; options without their letters."""

    context: str
    task: str
    options: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def read_question(prompt: str) -> Question:
    """Split a prompt into context, task and options, as they were joined: by empty lines."""
    blocks = prompt.strip("\n").split("\n\n")
    options = _options(blocks[-1])
    if options and len(blocks) > 1:
        blocks = blocks[:-1]
    else:
        options = ()
    at = len(blocks) - 1
    # A task may end in a list of its own: the block above such a list asks the question.
    while at > 0 and _is_list(blocks[at]) and blocks[at - 1].rstrip().endswith(":"):
        at -= 1
    return Question("\n\n".join(blocks[:at]), "\n\n".join(blocks[at:]), options)


def _options(block: str) -> tuple[str, ...]:
    rows = [_OPTION.match(row) for row in block.splitlines()]
    letters = [row[1] for row in rows if row]
    if len(letters) < 2 or len(letters) != len(rows) or letters[0] != "A":
        return ()
    return tuple(row[2] for row in rows if row)


def _is_list(block: str) -> bool:
    return all(_LIST_ROW.match(row) for row in block.splitlines())


Table = Literal["questions", "edits"]

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
def ways(table: Table) -> tuple[Way, ...]:
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A task that is known again."""

    do: str
    task: str
    found: re.Match[str]
    named: tuple[str, ...]
    """The words that it quotes."""

    def said(self, names: Iterable[str]) -> str:
        """Return the name that the task speaks of; the last one where it speaks of none."""
        *first, last = names
        return next((name for name in first if name in self.task), last)


@lru_cache(maxsize=2048)
def asked_in(table: Table, task: str) -> Asked | None:
    """Return what a task asks for in one of a table's ways, or None where it asks for something else."""
    if table == "edits":
        # What stands in quotation marks after the first sentences belongs to added demands.
        task, whole = task.partition("\n")[0][:240].partition(". ")[0] + ".", task
        if "?" in task or not re.search(r"\b(?:text|passage)\b", task):
            return None
    else:
        whole = task
    for way in ways(table):
        if found := way.asked.search(task):
            return Asked(way.do, whole, found, tuple(QUOTED.findall(task)))
    return None


class Procedure(NamedTuple):
    """How what is asked for is done in a text."""

    answer: Callable[[Asked, str], str]
    check: Callable[[Asked, str], Pairs] | None = None
    """What a checker has to know; None where no program can check it."""
