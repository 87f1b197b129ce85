"""Takes a contender's plain prompt apart: context, task and lettered options."""

import re
from dataclasses import dataclass
from functools import lru_cache

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
