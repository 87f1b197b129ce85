"""What choosing battles saved: how many a round robin would have needed to be as sure of its order.

It was not played, so it is played in the mind: what was not seen is drawn from what is expected of
it, a few times over, and a round robin goes through these results until it is as sure.
"""

from statistics import median

import numpy as np

from ...tools.ratings.table import Floats
from .design import Design, Played
from .expected import Expected, expect
from .matchmakers import round_robin

WORLDS = 5
STEPS = 20
MOST_BATTLES = 200_000
"""Of a design; with more the calculation would take longer than a reader waits."""


def round_robin_battles(design: Design, played: Played, found: Expected) -> int | None:
    """Return about how many battles a round robin needs to be as sure of an order as this.

    None where the design is too large, or nothing was played.
    """
    if not played.games.any() or design.battles > MOST_BATTLES:
        return None
    return round(median(_needed(design, played, found, world) for world in range(WORLDS)))


def _needed(design: Design, played: Played, found: Expected, world: int) -> int:
    everything = round_robin(design, Played.nothing(), design.battles)
    games, score = _drawn(design, played, found, world)
    for step in range(1, STEPS):
        count = design.battles * step // STEPS
        pair, question = everything.pair[:count], everything.question[:count]
        at = (pair, question)
        seen = expect(design, Played(pair, question, games[at], score[at]))
        if seen.confidence >= found.confidence:
            return count
    return design.battles


def _drawn(design: Design, played: Played, found: Expected, world: int) -> tuple[Floats, Floats]:
    """Return games and score of every battle: as they were, or drawn from what is expected."""
    rng = np.random.default_rng([design.seed, 2, world])
    usual = max(1, round(float(np.median(played.games[played.games > 0]))))
    games = np.full(found.predicted.shape, float(usual))
    score = rng.binomial(usual, found.predicted) / usual
    games[played.pair, played.question] = played.games
    score[played.pair, played.question] = played.score
    return games, score
