"""The verdict: from games to a winner, a margin and an agreement. A pure decision, never a guess.

What a battle says of its contenders, as rows to rate by: the games, not the verdict alone.

A verdict hides how sure a jury was; its games tell. So a juror that contradicts itself over the two
orders is kept as it is, at less weight, and never called a tie, and a disputed battle counts as what it
is: a little for each side. `arenainstruct leaderboard` rates a run by the same rule.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Literal

from ...agents.records import Battle, Game, Winner
from ...agents.verdicts import strength
from ...tools.ratings.share import FLIPPED_WEIGHT
from ...tools.ratings.verdict import in_order, side

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


Row = tuple[str, str, str, str | float, float]
"""question id, model shown first, model shown second, winner, weight."""


def rows(battle: Battle) -> Iterator[Row]:
    """Yield the rows of one battle, of weight 1 in all where every juror is consistent.

    A game weighs 1 / (2 x jurors), half of that where its juror is of two minds, and three times as much
    where a five-grade juror calls an answer much better. A battle that a
    checker or identical answers decided is one row.
    """
    question = battle.question_id or battle.instruction_id
    if not battle.games:
        yield question, battle.model_a, battle.model_b, battle.winner, 1.0
        return
    torn = {v.juror for v in juror_verdicts(battle.games) if not v.consistent}
    share = 0.5 / len({game.juror for game in battle.games})
    for game in battle.games:
        weight = share * (FLIPPED_WEIGHT if game.juror in torn else 1.0)
        weight *= strength(game.score_a, game.score_b)
        yield question, *shown(battle, game), weight


def shown(battle: Battle, game: Game) -> tuple[str, str, str]:
    """Return the model shown first, the other one, and which of the two won."""
    first, second = in_order((battle.model_a, battle.model_b), game.shown_first)
    points, others = in_order((game.score_a, game.score_b), game.shown_first)
    return first, second, side(points - others)
