"""What a battle says of its contenders, as rows to rate by: the games, not the verdict alone.

A verdict hides how sure a jury was; its games tell. So a juror that contradicts itself over the two
orders is kept as it is, at less weight, and never called a tie, and a disputed battle counts as what it
is: a little for each side. `arenainstruct leaderboard` rates a run by the same rule.
"""

from collections.abc import Iterator

from ...agents.records import Battle, Game
from ...agents.verdicts import strength
from ...tools.ratings.share import FLIPPED_WEIGHT
from ...tools.ratings.verdict import in_order, side
from .verdict import juror_verdicts

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
