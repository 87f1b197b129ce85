"""Which answer of one battle is better, from several judges' games and what is known of the judges.

    aware = fit_judges(judged)
    log_odds_a([("owl", 1, True), ("owl", 1, False), ("elk", 0, True)], aware.judges)

The answers differ by a lead d in log-odds, before the games as likely for one as for the other:
normal around 0. Each game then has the likelihood of `davidson` with the lead in place of the
strengths, and games are independent given d. So a judge that ties always, or always says "the
first", hardly counts, since its verdict is as likely whichever answer is better.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from .judges import Judge
from .table import Floats

LEAD = 2.0
"""Standard deviation of d: about that of a logistic variable (1.8), the chance that the ratings find
in a single game, most of which is that models do better on some questions than on others."""
LEADS: Floats = LEAD * (np.arange(240, dtype=np.float64) + 0.5) / 40.0
"""Points of the integral: the middles of cells from 0 to 6 standard deviations."""
TYPICAL = Judge()
"""A judge of whom nothing is known."""

GameVote = tuple[str, int, bool]
"""judge; 1 where model_a won, 0 for a tie, -1 where model_b won; whether model_a was shown first."""


def log_odds_a(votes: Iterable[GameVote], judges: Mapping[str, Judge]) -> float:
    """Return log P(model_a is better) - log P(model_b is better); without games it is 0.

    Args:
        votes: The games of one battle, each order for itself.
        judges: Of a fit; one that is not there counts as of discrimination 1.

    Raises:
        ValueError: An outcome is none of 1, 0 and -1.
    """
    better = -0.5 * (LEADS / LEAD) ** 2
    worse = better.copy()
    for judge, outcome, first in votes:
        if outcome not in (-1, 0, 1):
            raise ValueError(f"outcome {outcome!r} of judge {judge!r}: it must be 1, 0 or -1")
        known = judges.get(judge, TYPICAL)
        better += _log_chance(known, LEADS, outcome, first)
        worse += _log_chance(known, -LEADS, outcome, first)
    return float(np.logaddexp.reduce(better) - np.logaddexp.reduce(worse))


def _log_chance(judge: Judge, lead: Floats, outcome: int, first: bool) -> Floats:
    """Return the log-probability of a verdict by the lead of model_a."""
    bias = judge.position_bias or 0.0
    half = 0.5 * (judge.discrimination * lead + (bias if first else -bias))
    total = np.logaddexp(np.logaddexp(half, -half), judge.tie_bias)
    return np.asarray((outcome * half if outcome else judge.tie_bias) - total)
