"""The juror of a debate: what each side's own answer is worth, and how it stood its ground.

A side is worth its opening answer, plus what it put right, plus criticism of the other that holds and
questions that it met; less for criticism that does not hold, and for giving way where it was right.
"""

import re
from collections.abc import Iterator, Sequence

from .judge import grade
from .question import Question
from .solver import solve
from .statements import Said, answers_of, asked, quotes, read_debate
from .text import stems

SOUND, POOR = 7.0, 6.0
"""Grades from which an answer is right in the main, and below which it is not."""
_CORRECTED = 0.5
"""What an answer put right counts, as a share of what it gained: the first answer was still wrong."""
_HOLDS, _MET, _GAVE_WAY = 0.5, 0.25, 1.0
"""Points for one criticism, for one question, and for giving up a right answer."""
_BLAMES = re.compile(r"\b(?:wrong|incorrect|false|falls short|misses|should have been)\b", re.I)
_WITHDRAWS = re.compile(r"\bwithdrawn?\b|\btake (?:it|that|my answer) back\b|\bI was wrong\b", re.I)

Points = Iterator[tuple[float, str]]


def grade_debate(question: Question, behaviour: str, debate: str) -> list[tuple[float, str]]:
    """Return the score of the first and the second speaker, each with the reason in words."""
    said = read_debate(debate)
    sides = ("first", "second")
    opened = {side: _opening(question, behaviour, said, side) for side in sides}
    return [
        _graded(
            opened[side],
            [
                *_answered(question, behaviour, answers_of(said, side), opened[side][0]),
                *_criticised(question, said, side, opened[other][0]),
                *_met(question, said, side),
            ],
        )
        for side, other in (sides, sides[::-1])
    ]


def _opening(
    question: Question, behaviour: str, said: Sequence[Said], side: str
) -> tuple[float, str]:
    return grade(question, behaviour, next(iter(answers_of(said, side)), ""))


def _graded(opening: tuple[float, str], points: list[tuple[float, str]]) -> tuple[float, str]:
    score, why = opening
    reasons = dict.fromkeys([why, *(reason for _, reason in points)])
    return score + sum(point for point, _ in points), "; ".join(reasons)


def _answered(question: Question, behaviour: str, answers: list[str], opening: float) -> Points:
    """Weigh what a speaker made of its own answer when it was challenged."""
    later = answers[1:]
    if opening < POOR:
        best = max((grade(question, behaviour, text)[0] for text in later), default=opening)
        if best > opening:
            yield _CORRECTED * (best - opening), "it puts its answer right"
    elif opening >= SOUND and any(_WITHDRAWS.search(text) for text in later):
        yield -_GAVE_WAY, "it gives up an answer that was right"


def _criticised(question: Question, said: Sequence[Said], side: str, other: float) -> Points:
    """Weigh criticism: it holds where it quotes a poor answer and names what was due instead."""
    wanted = stems(solve(question).text)
    theirs = [s.text for s in said if s.speaker != side]
    for statement in said:
        if statement.speaker != side or "criticise" not in statement.actions:
            continue
        if not _BLAMES.search(statement.text) or not quotes(statement.text, theirs):
            continue
        if other >= SOUND:
            yield -_HOLDS, "its criticism does not hold"
        elif other < POOR and 2 * len(wanted & stems(statement.text)) >= len(wanted):
            yield _HOLDS, "its criticism holds"


def _met(question: Question, said: Sequence[Said], side: str) -> Points:
    """Weigh how a speaker met the questions it was asked just before."""
    for before, after in zip(said, said[1:], strict=False):
        raised = asked(before.text) if "raise" in before.actions else ""
        if raised and after.speaker == side and "respond" in after.actions:
            about = Question(question.context, raised)
            if grade(about, "answer", after.text)[0] >= POOR:
                yield _MET, "it meets what it was asked"
