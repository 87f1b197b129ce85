"""Judged games as records and rows: one row a judged order, as `arenainstruct leaderboard` reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ...agents.records import Answer, Battle, Cascaded, Game, Record, Winner, make_id
from ...agents.verdicts import strength
from ...graphs import stages
from ...graphs.arena.state import Pair
from ...graphs.kinds import Kind
from ...tools.ratings.verdict import Side, in_order, side
from ...tools.tables import FORMAT
from ..leaderboard.games import ARENA_GAMES
from .questions import Question


class JudgedGame(Record):
    """One judged order of a battle, also of one that got no verdict."""

    question_id: str
    category: str
    model_a: str
    """Shown first."""
    model_b: str
    winner: Winner
    weight: float
    judge: str
    """The juror's alias; `checker` or `identical` where no juror was needed."""
    score_a: float
    score_b: float
    len_a: int
    """Characters of the answer."""
    len_b: int
    before_a: float
    """Points before the jurors conferred; those after where they did not."""
    before_b: float
    cascade: str
    """How the cascade went for the battle; empty without one."""
    reason: str


GAME = Kind("game", JudgedGame, stages.BATTLE)
"""An arena's own kind; a run keeps its games in their battles."""


def judged_games(
    question: Question,
    pair: Pair,
    games: Sequence[Game],
    answers: Mapping[str, Answer],
    *,
    weight: float = 1.0,
    cascade: Cascaded = "",
) -> list[JudgedGame]:
    """Return the games that jurors judged, each of that weight; a strong verdict of three times that."""
    return [
        _row(
            question,
            pair,
            game.shown_first,
            (game.score_a, game.score_b),
            answers,
            judge=game.juror,
            reason=game.reason,
            weight=weight * strength(game.score_a, game.score_b),
            before=(alone.score_a, alone.score_b),
            cascade=cascade,
        )
        for game in games
        for alone in (game.alone(),)
    ]


def settled_games(
    question: Question, battle: Battle, answers: Mapping[str, Answer], jurors: int
) -> list[JudgedGame]:
    """Return both orders of a battle that no juror judged, each worth as much as a whole jury."""
    half, jury = battle.margin / 2, float(jurors)
    pair, scores = (battle.model_a, battle.model_b), (5.5 + half, 5.5 - half)
    orders: tuple[Side, Side] = ("model_a", "model_b")
    return [
        _row(question, pair, first, scores, answers, judge=battle.decided_by, weight=jury)
        for first in orders
    ]


def _row(
    question: Question,
    pair: Pair,
    shown_first: Side,
    scores: tuple[float, float],
    answers: Mapping[str, Answer],
    *,
    judge: str,
    reason: str = "",
    weight: float = 1.0,
    before: tuple[float, float] | None = None,
    cascade: Cascaded = "",
) -> JudgedGame:
    """Return a row; what is told of the pair's two sides is turned into the order that was shown."""
    first, second = in_order(pair, shown_first)
    score_a, score_b = in_order(scores, shown_first)
    before_a, before_b = in_order(before or scores, shown_first)
    id = question.instruction.id
    return JudgedGame(
        id=make_id("game", id, first, second, judge),
        parents=(id, answers[first].id, answers[second].id),
        question_id=id,
        category=question.category,
        model_a=first,
        model_b=second,
        winner=side(score_a - score_b),
        weight=weight,
        judge=judge,
        score_a=score_a,
        score_b=score_b,
        len_a=len(answers[first].text),
        len_b=len(answers[second].text),
        before_a=before_a,
        before_b=before_b,
        cascade=cascade,
        reason=reason,
    )


_KINDS = {str: pa.string(), float: pa.float64(), int: pa.int64()}
SCHEMA = pa.schema(
    [
        pa.field(name, _KINDS.get(field.annotation, pa.string()), nullable=False)  # type: ignore[arg-type]
        for name, field in JudgedGame.model_fields.items()
        if name != "parents"
    ]
    + [pa.field("propensity", pa.float64(), nullable=False)],
    metadata={FORMAT: ARENA_GAMES},
)
"""The columns of `games/train.parquet`."""


def game_row(game: JudgedGame, propensity: Mapping[frozenset[str], float]) -> dict[str, Any]:
    """Return a game as a row, with the share of all questions on which its pair was to meet."""
    row = game.model_dump(exclude={"parents"})
    return row | {"propensity": propensity.get(frozenset((game.model_a, game.model_b)), 1.0)}
