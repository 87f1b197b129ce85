"""The verdict: from games to a winner, a margin and an agreement. A pure decision, never a guess."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Literal

from ...agents.records import Game, Winner
from ...tools.ratings.share import FLIPPED_WEIGHT
from ...tools.ratings.verdict import side

Aggregation = Literal["majority", "median", "judge_aware"]

CHECKED_MARGIN = 9.0
"""Margin of a battle that a checker decided: the whole scale."""


@dataclass(frozen=True, slots=True)
class JurorVerdict:
    """One juror's verdict over both orders."""

    juror: str
    difference: float
    """Mean of score_a - score_b over the games."""
    consistent: bool
    """False when one order favours model_a and the other model_b."""

    @property
    def winner(self) -> Winner:
        """Whom this juror prefers."""
        return side(self.difference)

    @property
    def weight(self) -> float:
        """What the vote counts."""
        return 1.0 if self.consistent else FLIPPED_WEIGHT


@dataclass(frozen=True, slots=True)
class Verdict:
    """A jury's verdict; `margin` is positive for model_a."""

    winner: Winner
    margin: float
    agreement: float
    disputed: bool


def juror_verdicts(games: Iterable[Game]) -> list[JurorVerdict]:
    """Return one verdict for every juror who judged both orders; a juror with one game gave none."""
    by_juror: dict[str, list[Game]] = defaultdict(list)
    for game in games:
        by_juror[game.juror].append(game)
    return [
        _of_juror(juror, played)
        for juror, played in by_juror.items()
        if {game.shown_first for game in played} == {"model_a", "model_b"}
    ]


def _of_juror(juror: str, games: Sequence[Game]) -> JurorVerdict:
    differences = [game.score_a - game.score_b for game in games]
    flipped = min(differences) < 0 < max(differences)
    return JurorVerdict(juror, mean(differences), not flipped)


def jury_verdict(verdicts: Sequence[JurorVerdict], how: Aggregation = "majority") -> Verdict:
    """Return what a jury says: a winner, the median difference as its margin, and how united it is.

    `majority` is that of the jurors' weights, a tie where two sides weigh the same; `median` is the
    side of the median difference, which no single juror can drag far. `judge_aware` needs all battles
    and is decided after them (`weighing.py`): until then it is the majority. A verdict is disputed where
    its side has not more than half of the weight, or where most jurors changed their mind with the
    order.

    Raises:
        ValueError: there is no juror's verdict; an empty jury decides nothing.
    """
    if not verdicts:
        raise ValueError("no juror gave a verdict")
    margin = median(v.difference for v in verdicts)
    return verdict_for(side(margin) if how == "median" else _majority(verdicts), margin, verdicts)


def verdict_for(winner: Winner, margin: float, verdicts: Sequence[JurorVerdict]) -> Verdict:
    """Return the verdict for a winner, with how far the jurors stand behind it."""
    behind = sum(v.weight for v in verdicts if v.winner == winner)
    flipped = sum(not v.consistent for v in verdicts)
    return Verdict(
        winner=winner,
        margin=margin,
        agreement=sum(v.winner == winner for v in verdicts) / len(verdicts),
        disputed=behind <= sum(v.weight for v in verdicts) / 2 or flipped * 2 > len(verdicts),
    )


def _majority(verdicts: Sequence[JurorVerdict]) -> Winner:
    weight: dict[Winner, float] = defaultdict(float)
    for verdict in verdicts:
        # Who says the one in one order and the other in the other is of two minds, which is no tie.
        torn = not verdict.consistent and verdict.winner == "tie"
        for who in ("model_a", "model_b") if torn else (verdict.winner,):
            weight[who] += verdict.weight / (2 if torn else 1)
    most = max(weight.values())
    leading: list[Winner] = [who for who, votes in weight.items() if votes == most]
    return leading[0] if len(leading) == 1 else "tie"


def checked_verdict(passed_a: bool | None, passed_b: bool | None) -> Verdict | None:
    """Return the verdict of a checker that passes one answer and fails the other; None otherwise."""
    if passed_a is None or passed_b is None or passed_a == passed_b:
        return None
    margin = CHECKED_MARGIN if passed_a else -CHECKED_MARGIN
    return Verdict(winner=side(margin), margin=margin, agreement=1.0, disputed=False)
