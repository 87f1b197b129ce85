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
    found: list[JudgedGame] = []
    for game in games:
        alone = game.alone()
        shown = in_order(pair, game.shown_first)
        scores = in_order((game.score_a, game.score_b), game.shown_first)
        before = in_order((alone.score_a, alone.score_b), game.shown_first)
        found.append(
            _row(
                question,
                shown,
                scores,
                answers,
                judge=game.juror,
                reason=game.reason,
                weight=weight * strength(game.score_a, game.score_b),
                before=before,
                cascade=cascade,
            )
        )
    return found


def settled_games(
    question: Question, battle: Battle, answers: Mapping[str, Answer], jurors: int
) -> list[JudgedGame]:
    """Return both orders of a battle that no juror judged, each worth as much as a whole jury."""
    half = battle.margin / 2
    scores = (5.5 + half, 5.5 - half)
    pair = (battle.model_a, battle.model_b)
    orders: tuple[Side, Side] = ("model_a", "model_b")
    return [
        _row(
            question,
            in_order(pair, first),
            in_order(scores, first),
            answers,
            judge=battle.decided_by,
            weight=float(jurors),
        )
        for first in orders
    ]


def _row(
    question: Question,
    shown: Pair,
    scores: tuple[float, float],
    answers: Mapping[str, Answer],
    *,
    judge: str,
    reason: str = "",
    weight: float = 1.0,
    before: tuple[float, float] | None = None,
    cascade: Cascaded = "",
) -> JudgedGame:
    first, second = shown
    id = question.instruction.id
    return JudgedGame(
        id=make_id("game", id, first, second, judge),
        parents=(id, answers[first].id, answers[second].id),
        question_id=id,
        category=question.category,
        model_a=first,
        model_b=second,
        winner=side(scores[0] - scores[1]),
        weight=weight,
        judge=judge,
        score_a=scores[0],
        score_b=scores[1],
        len_a=len(answers[first].text),
        len_b=len(answers[second].text),
        before_a=(before or scores)[0],
        before_b=(before or scores)[1],
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
