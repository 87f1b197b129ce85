"""Questions: a plain prompt taken apart, what it asks about, and the ways of asking.

A way of asking is a row of `words.yaml`, by which a task is worded, known again, answered and checked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from ....tools.constraints.said import unsaid
from .text import stem, stems, words

_OPTION = re.compile(r"^([A-Z])[.)] +(\S.*)$")
_LIST_ROW = re.compile(r"^\s*(?:[-*•]|\(?(?:\d+|[A-Za-z])[.)])\s")
ITEM = re.compile(r"^[^\S\n]*+\(?(\d+|[A-Za-z])[.)]\s+(.+)$", re.M)
_TEXT = re.compile(r"\b(?:text|passage)\b")
QUOTED = re.compile(r"[\"“]([^\"“”\n]+)[\"”]")

_FOCUS = re.compile(
    r"\b(?:says?|speaks?|said|stated?|tells?|word|about|account) (?:about|of) ([^.?!;:\"]+)", re.I
)
SCAFFOLD = frozenset(
    stem(w)
    for w in """
    according passage text answer question say says said state states stated given give gives tell describe
    explain sentence short briefly word words name following statement complete completes fill blank
    mention mentions document writer author reason think much exactly what which where quote cite without
    using evidence most least true false show using used make makes speaks speak whether title main idea
    purpose tone conclusion regard seed difference sum larger smaller find topic called repeat number count
    many come comes came contain contains order match letter essay discuss assess evaluate choose option going
    """.split()
)
KNOWN = 0.45
"""Which share of a question a sentence has to hold for it to be known."""


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
    # A task may end in a list of its own, or in demands alone: the block above asks the question.
    while at > 0 and (_goes_on(blocks[at - 1], blocks[at]) or not unsaid(blocks[at]).strip()):
        at -= 1
    return Question("\n\n".join(blocks[:at]), "\n\n".join(blocks[at:]), options)


def _options(block: str) -> tuple[str, ...]:
    rows = [_OPTION.match(row) for row in block.splitlines()]
    letters = [row[1] for row in rows if row]
    if len(letters) < 2 or len(letters) != len(rows) or letters[0] != "A":
        return ()
    return tuple(row[2] for row in rows if row)


def _goes_on(above: str, block: str) -> bool:
    return above.rstrip().endswith(":") and all(map(_LIST_ROW.match, block.splitlines()))


@lru_cache(maxsize=1024)
def query_of(task: str) -> frozenset[str]:
    """Return what a task asks about: the topic that it names, else its words without scaffolding."""
    task = unsaid(task)
    focus = stems(" ".join(_FOCUS.findall(task))) - SCAFFOLD
    return focus or stems(task) - SCAFFOLD


@dataclass(frozen=True, slots=True)
class Way:
    """One way of asking."""

    do: str
    """What answers it."""
    edits: bool
    """Whether the answer is the text, changed."""
    asks: tuple[str, ...]
    asked: re.Pattern[str]
    told: re.Pattern[str]
    checker: str

    def suits(self, checker: str, said: str) -> bool:
        """Tell whether a leaf with this checker, of which this is said, asks so."""
        return self.checker == checker and bool(self.told.search(said))


@cache
def ways() -> tuple[Way, ...]:
    """Return the ways of asking; the first that fits decides."""
    return tuple(
        Way(
            row["do"],
            table == "edits",
            tuple(row["asks"]),
            # A task that no program answers is not known again.
            re.compile(row.get("asked", r"(?!)"), re.I | re.S),
            re.compile(row.get("told", ""), re.I | re.S),
            row.get("checker", ""),
        )
        for table in ("edits", "questions")
        for row in words(table)
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A task that is known again."""

    way: Way
    task: str
    found: re.Match[str]
    named: tuple[str, ...]
    """The words that it quotes."""

    def said(self, names: Iterable[str]) -> str:
        """Return the name that the task speaks of; the last one where it speaks of none."""
        *first, last = names
        return next((name for name in first if name in self.task), last)


@lru_cache(maxsize=2048)
def asked_in(task: str) -> Asked | None:
    """Return what a task asks for in one of the ways, or None where it asks for something else."""
    # Added demands may quote words and name texts too: of an edit, only the first sentence tells what it is.
    task = unsaid(task)
    head = task.partition("\n")[0][:240].partition(". ")[0] + "."
    edits = "?" not in head and _TEXT.search(head)
    for way in ways():
        told = head if way.edits else task
        if (edits or not way.edits) and (found := way.asked.search(told)):
            return Asked(way, task, found, tuple(QUOTED.findall(told)))
    return None
