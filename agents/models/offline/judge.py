"""What an answer is worth: what the context supports of it, and what the task demands."""

import json
import re

from .constraints import read_constraints, verdicts
from .question import ASKING, NO_TOOL, REFUSAL, Question
from .solver import Solution, query_of, solve
from .text import WORD, read_text, stems

_LETTER = re.compile(r"(?:^|\banswer is\b|\boption\b|\bchoose\b|\bletter\b)\W{0,4}([A-Z])\b(?!\w)")
_MARK = re.compile(r"\d+-[a-z]\b|\btrue\b|\bfalse\b|(?<![\w'’])[a-z](?=\s*(?:[,.)\]>→-]|$))")
_CALL = re.compile(r"\{[^{}]*\}")
_VALUE = re.compile(r"\"([^\"\n]{2,60})\"|(?<![\w.])(\d+(?:\.\d+)?)(?![\w])")
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\s*\(\s*\{|\"(?:name|function|tool)\"\s*:\s*\"(\w+)\"")


def grade(question: Question, behaviour: str, answer: str) -> tuple[float, str]:
    """Return one answer's score and the reason in words."""
    if not answer.strip():
        return 1.0, "it is empty"
    if _echoes(question, answer):
        return 1.0, "it only hands the question back"
    if behaviour == "say_unanswerable":
        return _wanted(
            bool(REFUSAL.search(answer)), answer, "says that the passage does not hold the answer"
        )
    if behaviour == "ask_for_missing":
        return _wanted(
            bool(ASKING.search(answer)) and "?" in answer, answer, "asks for what is missing"
        )
    if behaviour == "say_no_tool":
        return _wanted(bool(NO_TOOL.search(answer)), answer, "says that no tool fits")
    if _CALLED.search(answer):
        return _grade_calls(question, answer)
    about_tools = not question.context or answer.startswith("[assistant]")
    if about_tools and (NO_TOOL.search(answer) or ASKING.search(answer)):
        return 2.0, "it does not do what it could have done with what was given"
    return _grade_answer(question, answer)


def _echoes(question: Question, answer: str) -> bool:
    """Return whether an answer is the question again, with its context and options or without."""
    asked = " ".join((question.context, question.task, *question.options)).split()
    said = answer.split()
    return len(said) <= len(asked) + 3 and " ".join(question.task.split()) in " ".join(said)


def _wanted(does: bool, answer: str, what: str) -> tuple[float, str]:
    """Score an answer whose right move is not to answer; needless length costs a little."""
    if does:
        return 9.0 - min(2.0, len(WORD.findall(answer)) / 80), f"it {what}"
    return 2.0, f"it does not do what it should: a good answer {what}"


def _grade_calls(question: Question, answer: str) -> tuple[float, str]:
    """Score tool calls by the task's values they use and by values they made up."""
    request = f"{question.context} {question.task}"
    asked, used = _values(request), _arguments(answer)
    found = len(asked & used) / (len(asked) or 1)
    invented = sum(value.lower() not in request.lower() for value in used) / (len(used) or 1)
    told = 1.0 if re.search(r"[.!?]\s*$", answer) else 0.0
    score = 3.0 + 5.0 * found - 3.0 * invented + told
    return (
        score,
        (
            f"its calls use {found:.0%} of the values asked for and "
            f"{invented:.0%} of theirs are made up"
        ),
    )


def _arguments(answer: str) -> set[str]:
    """Return the values in the calls of an answer, as text; results of tools are not calls."""
    found: set[str] = set()
    for called in _CALLED.finditer(answer):
        inside = _CALL.search(answer, called.start(), called.start() + 4000)
        try:
            given = json.loads(inside[0]) if inside else {}
        except ValueError:
            continue
        for value in given.values():
            found |= {str(v) for v in (value if isinstance(value, list) else [value])}
    return found


def _values(text: str) -> set[str]:
    return {quoted or number for quoted, number in _VALUE.findall(text)}


def _grade_answer(question: Question, answer: str) -> tuple[float, str]:
    """Score an answer by agreement with what can be found, then by the stated constraints."""
    found = solve(question)
    right, why = _agreement(question, found, answer)
    checks = verdicts(read_constraints(question.task), answer)
    broken = [name for name, kept in checks if not kept]
    score = 1.5 + 7.0 * right + (1.0 if checks and not broken else 0.0) - 1.8 * len(broken)
    if not checks and right > 0.5:
        score += 0.5
    return score, why + (f"; it misses: {', '.join(broken)}" if broken else "")


def _agreement(question: Question, found: Solution, answer: str) -> tuple[float, str]:
    """Return from 0 to 1 how far an answer agrees with what the juror found itself."""
    if found.kind == "option":
        return _chosen(question, found, answer)
    if found.kind in {"edit", "restyle"}:
        return _same_text(question, found.text, answer)
    if found.kind in {"order", "match", "judgement"}:
        return _same_marks(found.text, answer)
    if found.known and REFUSAL.search(answer):
        return 0.0, "it says that the answer is not given, though it is"
    if found.kind in {"number", "blank"}:
        return _holds(found, answer)
    return _overlap(question, found, answer)


def _chosen(question: Question, found: Solution, answer: str) -> tuple[float, str]:
    letter = _LETTER.search(answer.strip())
    if letter is None:
        near = max(
            question.options, key=lambda o: len(stems(o) & stems(answer)) / (len(stems(o)) or 1)
        )
        ok, share = near == found.text[3:], 0.6
    else:
        ok, share = letter[1] == found.text[0], 1.0
    return (
        (share, "it chooses the option that fits")
        if ok
        else (0.05, "it chooses another option than the fitting one")
    )


def _same_text(question: Question, wanted: str, answer: str) -> tuple[float, str]:
    """Compare an edited text with the edit carried out; word by word where it is not the same."""
    if answer.strip() == wanted.strip():
        return 1.0, "it carries out the edit exactly"
    ours, theirs = wanted.split(), answer.split()
    shared = _multiset(ours, theirs)
    share = 2 * shared / (len(ours) + len(theirs) or 1)
    if answer.strip() == question.context.strip():
        return 0.2 * share, "it leaves the text as it was"
    return 0.85 * share**2, f"it agrees with the edit in {share:.0%} of the words"


def _multiset(ours: list[str], theirs: list[str]) -> int:
    left: dict[str, int] = {}
    for word in ours:
        left[word] = left.get(word, 0) + 1
    shared = 0
    for word in theirs:
        if left.get(word, 0) > 0:
            left[word] -= 1
            shared += 1
    return shared


def _same_marks(wanted: str, answer: str) -> tuple[float, str]:
    """Compare lists of letters, pairs or verdicts place by place."""
    ours, theirs = (_MARK.findall(text.lower()) for text in (wanted, answer))
    hits = sum(a == b for a, b in zip(ours, theirs, strict=False))
    share = hits / max(len(ours), len(theirs), 1)
    return share, f"{hits} of {len(ours)} places are right"


def _holds(found: Solution, answer: str) -> tuple[float, str]:
    wanted = re.compile(rf"(?<![\w.]){re.escape(found.text)}(?!\w|\.\d)", re.I)
    if not wanted.search(answer):
        return 0.1, f"it does not give {found.text!r}"
    extra = len(WORD.findall(answer)) > 60
    return (
        (0.8, "it gives the right value among much else")
        if extra
        else (1.0, "it gives the right value")
    )


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
