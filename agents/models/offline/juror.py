"""The juror: scores two answers or two sides of a debate, and says it in any kind of verdict."""

import random

from ...replies import ChoiceReply, FiveGradeReply, ScoreReply
from .answer import UNSTATED
from .confer import confer
from .constraints import shorten
from .debated import grade_debate
from .judge import grade
from .question import Question, read_question
from .sections import Sections
from .solver import solve
from .voice import OfflineRequest

EVEN, MUCH = 0.25, 3.0
"""Scores no further apart are even; those further apart than `MUCH` tell a much better answer."""
_WORDS = 40


def judge(sections: Sections, request: OfflineRequest, rng: random.Random) -> ScoreReply:
    """Score both from 1 to 10, with the juror's own bias and noise; where it confers, vote again."""
    question = read_question(sections.text("instruction"))
    behaviour = sections.text("expected_behaviour").strip() or "answer"
    if debate := sections.text("debate"):
        scored = grade_debate(question, behaviour, debate)
    else:
        scored = [grade(question, behaviour, sections.text(name)) for name in ("first", "second")]
    first, second = (
        score + rng.gauss(0.0, request.noise) if request.noise else score for score, _ in scored
    )
    found = ScoreReply(
        own_answer=_own_answer(question, behaviour) if sections.text("objective") == "yes" else "",
        reason=f"First: {scored[0][1]}. Second: {scored[1][1]}.",
        score_first=_bounded(first + request.position_bias),
        score_second=_bounded(second),
    )
    return confer(found, sections) if sections.text("own_verdict") else found


def _own_answer(question: Question, behaviour: str) -> str:
    """Return what the juror would answer, in short."""
    text = UNSTATED if behaviour == "say_unanswerable" else solve(question).text
    return shorten(text, _WORDS)


def _bounded(score: float) -> float:
    return round(min(10.0, max(1.0, score)), 1)


def choose(scores: ScoreReply) -> ChoiceReply:
    """Return the better answer."""
    ahead = scores.score_first - scores.score_second
    choice = "tie" if abs(ahead) <= EVEN else "first" if ahead > 0 else "second"
    return ChoiceReply.model_validate(_told(scores) | {"choice": choice})


def grade_five(scores: ScoreReply) -> FiveGradeReply:
    """Return the better answer and by how much."""
    ahead = scores.score_first - scores.score_second
    if abs(ahead) <= EVEN:
        grade = "A=B"
    else:
        how = ">>" if abs(ahead) > MUCH else ">"
        grade = f"A{how}B" if ahead > 0 else f"B{how}A"
    return FiveGradeReply.model_validate(_told(scores) | {"grade": grade})


def _told(scores: ScoreReply) -> dict[str, str]:
    return {"own_answer": scores.own_answer, "reason": scores.reason}
