"""The juror: what an answer is worth by what the context supports of it and what the task demands."""

import re
from collections import Counter
from functools import lru_cache

from ....tools.constraints.said import said_in
from .asking import Question, query_of
from .procedures import Solution
from .solve import solve
from .text import WORD, read_text, stems

REFUSAL = re.compile(
    r"\b(?:does not|doesn't|do not|don't|did not|never) (?:say|state|tell|mention|give|contain|hold|"
    r"specify|provide)|\bcannot be (?:answered|determined|known)|\bnot (?:stated|mentioned|given|"
    r"specified|provided) in\b|\b(?:no|not enough|insufficient) information\b|\bunanswerable\b|"
    r"\bcannot (?:tell|answer) (?:this )?from\b",
    re.I,
)
_NO_TOOL = re.compile(
    r"\bnone of the (?:\w+ )?(?:tools|apis|functions)\b|\bno (?:\w+ )?(?:tool|api|function)\b"
    r"|\b(?:tools|apis|functions)\b.{0,40}\b(?:cannot|can't|do not|don't)\b",
    re.I,
)
_ASKING = re.compile(
    r"\b(?:which|what) (?:value|\S+) (?:should|shall|do you|would you)|\b(?:please|could you|can you) "
    r"(?:tell|give|provide|specify|say)|\bmissing\b|\bI (?:still )?need\b",
    re.I,
)
# What a good answer does where it is not simply to answer: how it is known, and said of it.
_BEHAVIOURS = {
    "say_unanswerable": (REFUSAL, "says that the passage does not hold the answer"),
    "ask_for_missing": (
        re.compile(rf"\A(?=[\s\S]*\?)[\s\S]*?(?:{_ASKING.pattern})", re.I),
        "asks for what is missing",
    ),
    "say_no_tool": (_NO_TOOL, "says that no tool fits"),
}
_LETTER = re.compile(r"(?:^|\banswer is\b|\boption\b|\bchoose\b|\bletter\b)\W{0,4}([A-Z])\b(?!\w)")
_MARK = re.compile(r"(?<!\d)\d+-[a-z]\b|\btrue\b|\bfalse\b|(?<![\w'’])[a-z](?=\s*(?:[,.)\]>→-]|$))")
_VALUE = re.compile(r"\"([^\"\n]{2,60})\"|(?<![\w.])(\d+(?:\.\d+)?)(?![\w])")
_CALLED = re.compile(r"\b[A-Za-z_]\w*\s*\(\s*\{|\"(?:name|function|tool)\"\s*:\s*\"\w+\"")


@lru_cache(maxsize=1024)
def grade(question: Question, behaviour: str, answer: str) -> tuple[float, str]:
    """Return one answer's score and the reason in words."""
    if not answer.strip():
        return 1.0, "it is empty"
    if _echoes(question, answer):
        return 1.0, "it only hands the question back"
    if behaviour in _BEHAVIOURS:
        sign, what = _BEHAVIOURS[behaviour]
        if sign.search(answer):
            return 9.0 - min(2.0, len(WORD.findall(answer)) / 80), f"it {what}"
        return 2.0, f"it does not do what it should: a good answer {what}"
    if _CALLED.search(answer):
        return _grade_calls(question, answer)
    return _grade_answer(question, answer)


def _echoes(question: Question, answer: str) -> bool:
    """Tell whether an answer is the question again, with its context and options or without."""
    asked = len(question.context) + len(question.task) + sum(map(len, question.options))
    if len(answer) > asked + 40 or question.task[:12] not in answer:
        return False
    return " ".join(question.task.split()) in " ".join(answer.split())


def _grade_calls(question: Question, answer: str) -> tuple[float, str]:
    """Score tool calls by the task's values that they use."""
    asked = {one or other for one, other in _VALUE.findall(question.task)}
    used = sum(value in answer for value in asked) / (len(asked) or 1)
    concluded = answer.rstrip()[-1:] in ".!?"
    return 3.0 + 5.0 * used + concluded, f"its calls use {used:.0%} of the values asked for"


def _grade_answer(question: Question, answer: str) -> tuple[float, str]:
    """Score an answer by agreement with what can be found, then by the stated demands."""
    right, why = _agreement(question, solve(question), answer)
    demands = said_in(question.task)
    broken = [fault for one in demands if (fault := one.fault(answer))]
    score = 1.5 + 7.0 * right - 1.8 * len(broken)
    score += 1.0 if demands and not broken else 0.5 if not demands and right > 0.5 else 0.0
    return score, "; it ".join([why, *broken])


def _agreement(question: Question, found: Solution, answer: str) -> tuple[float, str]:
    """Return from 0 to 1 how far an answer agrees with what the juror found itself."""
    if found.kind == "option":
        letter = _LETTER.search(answer.strip())
        near = max(
            question.options, key=lambda o: len(stems(o) & stems(answer)) / (len(stems(o)) or 1)
        )
        right = letter[1] == found.text[0] if letter else near == found.text[3:]
        if not right:
            return 0.05, "it chooses another option than the fitting one"
        return 1.0 if letter else 0.6, "it chooses the option that fits"
    if found.kind == "text":
        return _same_text(question, found.text, answer)
    if found.kind == "marks":
        ours, theirs = (_MARK.findall(text.lower()) for text in (found.text, answer))
        hits = sum(a == b for a, b in zip(ours, theirs, strict=False))
        return hits / max(len(ours), len(theirs), 1), f"{hits} of {len(ours)} places are right"
    if found.known and REFUSAL.search(answer):
        return 0.0, "it says that the answer is not given, though it is"
    if found.kind == "value":
        if not re.search(rf"(?<![\w.]){re.escape(found.text)}(?!\w|\.\d)", answer, re.I):
            return 0.1, f"it does not give {found.text!r}"
        return 0.8 if len(WORD.findall(answer)) > 60 else 1.0, "it gives the right value"
    return _overlap(question, found, answer)


def _same_text(question: Question, wanted: str, answer: str) -> tuple[float, str]:
    """Compare an edited text with the edit carried out; word by word where it is not the same."""
    if answer.strip() == wanted.strip():
        return 1.0, "it carries out the edit exactly"
    ours, theirs = Counter(wanted.split()), Counter(answer.split())
    share = 2 * (ours & theirs).total() / (ours.total() + theirs.total() or 1)
    if answer.strip() == question.context.strip():
        return 0.2 * share, "it leaves the text as it was"
    return 0.85 * share**2, f"it agrees with the edit in {share:.0%} of the words"


def _overlap(question: Question, found: Solution, answer: str) -> tuple[float, str]:
    """Weigh closeness to the evidence, bearing on the question, grounding in the context."""
    text = read_text(question.context or question.task)
    theirs, ours = stems(answer), stems(found.text)
    if not theirs:
        return 0.0, "it says nothing"
    near = len(theirs & ours) / (len(ours) or 1)
    bearing = text.cover(query_of(question.task), answer)
    grounded = len(theirs & text.stems) / len(theirs)
    spare = min(1.0, (len(ours) + 12) / len(theirs))
    share = (0.5 * near + 0.25 * bearing + 0.25 * grounded) * (0.6 + 0.4 * spare)
    return (
        share,
        f"it holds {near:.0%} of the evidence and {grounded:.0%} of its words are the passage's",
    )
