"""The kinds of verdict: what a juror replies, and the two scores that this makes.

To add a kind: a reply type, its paragraph in `prompts/arena/judge.j2`, a line in `KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..tools.ratings.verdict import STRENGTH
from .replies import ChoiceReply, FiveGradeReply, ScoreReply, VerdictReply

Scores = tuple[float, float]
"""Of the first and the second answer, 1 to 10."""

BETTER: Scores = (7.0, 4.0)
"""Points of a choice, around the middle of the scale. It says nothing of how much better an answer
is; it counts as 3 points, the least margin from which Arena Learning trained in its first round."""
MUCH_BETTER: Scores = (8.5, 2.5)
EVEN: Scores = (5.5, 5.5)


def strength(score_a: float, score_b: float) -> float:
    """Return how many verdicts a game counts as: three where a five-grade juror said >>, as published."""
    return STRENGTH if {score_a, score_b} == set(MUCH_BETTER) else 1.0


@dataclass(frozen=True)
class VerdictKind:
    """One way to judge a game."""

    reply: type[VerdictReply]
    scores: Callable[[Any], Scores]
    """From the reply to the scores."""


def _scored(reply: ScoreReply) -> Scores:
    return reply.score_first, reply.score_second


def _chosen(reply: ChoiceReply) -> Scores:
    return {"first": BETTER, "second": BETTER[::-1], "tie": EVEN}[reply.choice]


def _graded(reply: FiveGradeReply) -> Scores:
    points = {
        "A>>B": MUCH_BETTER,
        "A>B": BETTER,
        "A=B": EVEN,
        "B>A": BETTER[::-1],
        "B>>A": MUCH_BETTER[::-1],
    }
    return points[reply.grade]


KINDS: dict[str, VerdictKind] = {
    "score": VerdictKind(ScoreReply, _scored),
    "choice": VerdictKind(ChoiceReply, _chosen),
    "five_grade": VerdictKind(FiveGradeReply, _graded),
}
"""By name, as `arena.verdict` of the config names them."""
