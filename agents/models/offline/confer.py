"""The juror who confers: keeps its verdict, unless that is narrow and the others clearly disagree."""

import re
from statistics import median

from ...replies import ScoreReply
from .sections import Sections

_NARROW = 1.0
"""Points between two sides that the juror, looking again, would not defend against all others."""
_LEAST, _SHARE = 2, 2 / 3
"""How many of the others make a clear majority: so many at least, and such a share of them."""
_SCORES = re.compile(r"first: ([\d.]+) of 10, second: ([\d.]+) of 10\s*\Z")

Scores = tuple[float, float]


def confer(again: ScoreReply, sections: Sections) -> ScoreReply:
    """Return the second vote; `again` is what the juror finds on looking again by itself."""
    own = _scores(sections.text("own_verdict"))
    if own is None:
        return again
    others = [found for tag, s in sections.items if tag == "verdict" and (found := _scores(s.text))]
    against = _majority(own, others)
    if not against or abs(again.score_first - again.score_second) > _NARROW:
        return _voted(again, own, "Nothing that the others say overturns this.")
    first, second = (median(scores) for scores in zip(*against, strict=True))
    return _voted(again, (first, second), "It was close, and the others show what was overlooked.")


def _scores(verdict: str) -> Scores | None:
    """Read the scores that end a verdict."""
    found = _SCORES.search(verdict)
    return (float(found[1]), float(found[2])) if found else None


def _majority(own: Scores, others: list[Scores]) -> list[Scores]:
    """Return the votes of a clear majority for another side than one's own; empty without one."""
    for side in (1, 0, -1):
        votes = [scores for scores in others if _side(scores) == side]
        if side != _side(own) and len(votes) >= max(_LEAST, _SHARE * len(others)):
            return votes
    return []


def _side(scores: Scores) -> int:
    return (scores[0] > scores[1]) - (scores[0] < scores[1])


def _voted(again: ScoreReply, scores: Scores, why: str) -> ScoreReply:
    update = {
        "reason": f"{again.reason} {why}",
        "score_first": scores[0],
        "score_second": scores[1],
    }
    return again.model_copy(update=update)
