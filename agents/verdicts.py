"""The kinds of verdict: what a juror is asked, what it replies, and the two scores that this makes.

To add a kind: a prompt, a reply type, a line in `KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .replies import ChoiceReply, ScoreReply, VerdictReply

Scores = tuple[float, float]
"""Of the first and the second answer, 1 to 10."""

BETTER, WORSE, EVEN = 7.0, 4.0, 5.5
"""Points of a choice, around the middle of the scale. It says nothing of how much better an answer
is; it counts as 3 points, the least margin from which Arena Learning trained in its first round."""


@dataclass(frozen=True)
class VerdictKind:
    """One way to judge a game."""

    prompt: str
    reply: type[VerdictReply]
    scores: Callable[[Any], Scores]
    """From the reply to the scores."""


def _scored(reply: ScoreReply) -> Scores:
    return reply.score_first, reply.score_second


def _chosen(reply: ChoiceReply) -> Scores:
    points = {"first": (BETTER, WORSE), "second": (WORSE, BETTER), "tie": (EVEN, EVEN)}
    return points[reply.choice]


KINDS: dict[str, VerdictKind] = {
    "score": VerdictKind("arena/judge", ScoreReply, _scored),
    "choice": VerdictKind("arena/choice", ChoiceReply, _chosen),
}
"""By name, as `arena.verdict` of the config names them."""
