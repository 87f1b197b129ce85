"""Takes a contender's plain prompt apart: context, task and lettered options."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_OPTION = re.compile(r"^([A-Z])[.)] +(\S.*)$")
_LIST_HEAD = re.compile(r":\s*$")
_LIST_ROW = re.compile(r"^\s*(?:[-*•]|\(?(?:\d+|[A-Za-z])[.)])\s")

REFUSAL = re.compile(
    r"\b(?:does not|doesn't|"
    r"do not|don't|"
    r"did not|never) "
    r"(?:say|state|"
    r"tell|mention|"
    r"give|contain|hold|"
    r"specify|provide)"
    r"|\bcannot be "
    r"(?:answered|"
    r"determined|known)|"
    r"\bnot (?:stated|"
    r"mentioned|"
    r"given|specified|"
    r"provided) in\b"
    r"|\b(?:no|not enough|"
    r"insufficient) "
    r"information\b|"
    r"\bunanswerable\b|"
    r"\bcannot "
    r"(?:tell|answer) "
    r"(?:this )?from\b",
    re.I,
)
NO_TOOL = re.compile(
    r"\bnone of the (?:\w+ )?(?:tools|apis|functions)\b|\bno (?:\w+ )?(?:tool|api|function)\b"
    r"|\b(?:tools|apis|"
    r"functions)\b.{0,40}\b(?:cannot|"
    r"can't|do not|don't)\b|"
    r"\bthere is no "
    r"(?:tool|api|function)",
    re.I,
)
ASKING = re.compile(
    r"\b(?:which|what) "
    r"(?:value|"
    r"\S+) (?:should|"
    r"shall|do you|would "
    r"you)|\b(?:please|"
    r"could you|"
    r"can you) (?:tell|give|"
    r"provide|specify|say)"
    r"|\b(?:is|are) missing\b|\bI (?:still )?need\b|\bmissing (?:value|parameter|argument)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a contender is asked."""

    context: str
    task: str
    options: tuple[str, ...] = ()


@lru_cache(maxsize=512)
def read_question(prompt: str) -> Question:
    """Split a prompt into context, task and options, as `Instruction.prompt` joined them."""
    blocks = prompt.strip("\n").split("\n\n")
    options = _options(blocks[-1])
    if options and len(blocks) > 1:
        blocks = blocks[:-1]
    else:
        options = ()
    at = len(blocks) - 1
    # A task may end in a list of its own: the block above such a list asks the question.
    while at > 0 and _is_list(blocks[at]) and _LIST_HEAD.search(blocks[at - 1]):
        at -= 1
    return Question("\n\n".join(blocks[:at]), "\n\n".join(blocks[at:]), options)


def follow_up(question: Question, turn: str) -> Question:
    """Return the question that a later user turn asks about the same context."""
    return replace(question, task=turn, options=())


def _options(block: str) -> tuple[str, ...]:
    rows = [_OPTION.match(row) for row in block.splitlines()]
    letters = [row[1] for row in rows if row]
    if len(letters) < 2 or len(letters) != len(rows) or letters[0] != "A":
        return ()
    return tuple(row[2] for row in rows if row)


def _is_list(block: str) -> bool:
    return all(_LIST_ROW.match(row) for row in block.splitlines())
