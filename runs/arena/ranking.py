"""Whom the verdicts rank, and how sure that is.

Only what was judged counts. A battle that was tried and not judged is as unknown as one that was not
played: it is predicted, and what is not known of it lowers the confidence. A contender that no game
was judged of has no place. So the confidence is the least probability that verdicts on every battle of
the ranked contenders would give this order; without any game there is neither.
"""

from dataclasses import dataclass

import numpy as np

from ...graphs.tournament.design import Design, Played
from ...graphs.tournament.expected import Expected, expect
from ...tools.ratings.connection import Bools
from ...tools.ratings.table import Ints


@dataclass(frozen=True, eq=False)
class Ranking:
    """The ranked contenders, as a tournament among themselves."""

    models: Ints
    """Their numbers among all contenders."""
    design: Design
    played: Played
    """Their judged battles."""
    expected: Expected

    @property
    def fewest(self) -> int:
        """Judged battles of the contender that has fewest."""
        return int(_battles(self.design, self.played, self.played.games > 0).min())

    @property
    def order(self) -> list[int]:
        """The numbers of the contenders, best first."""
        return [int(self.models[at]) for at in self.expected.order]


def ranking(design: Design, tried: Played, patience: int = 0) -> Ranking | None:
    """Rank the contenders that games were judged of; None where no game was judged.

    Contenders without games keep a place to be won until that many of their battles were tried.
    """
    judged = tried.games > 0
    if not judged.any():
        return None
    met = _battles(design, tried, judged) > 0
    kept = met | (_battles(design, tried, ~judged) < patience)
    rows = judged & kept[design.sides[tried.pair]].all(axis=1)
    among = kept[design.sides].all(axis=1)
    # Pairs are numbered in one order in both designs.
    number = np.cumsum(among) - 1
    part = Design(int(kept.sum()), design.questions, design.seed)
    played = Played(
        number[tried.pair[rows]].astype(np.int64),
        tried.question[rows],
        tried.games[rows],
        tried.score[rows],
    )
    return Ranking(np.flatnonzero(kept), part, played, expect(part, played))


def _battles(design: Design, tried: Played, rows: Bools) -> Ints:
    """Count some battles of each contender."""
    sides = design.sides[tried.pair[rows]].ravel()
    return np.bincount(sides, minlength=design.models).astype(np.int64)
