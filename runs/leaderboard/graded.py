"""A column of graded verdicts, from 1 for model_a to 2 for model_b, as AlpacaEval's judges give them.

The kind of a column is decided by rule, never by single rows: it is graded where some value lies strictly
between the whole ones, and nearly all lie from 1 to 2 on the winner's side. Rows of another kind in such
a column are read by these rules, each counted: 0 is a tie, as AlpacaEval once wrote it; a row without a
grade, or with one on the other side than its winner, goes by its winner.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ...tools.ratings.table import Floats

NEARLY = 0.95
"""Share of the filled rows that make a column graded."""
WHOLE = (1.0, 1.5, 2.0)


@dataclass(frozen=True, eq=False)
class Graded:
    """What the column of one file holds."""

    score: Floats
    """model_a's share of the win."""
    reread: Counter[str]
    """Rows that were read by another rule than the others, by what was done."""


def graded(won: Floats, verdict: Floats) -> Graded | None:
    """Read a file's column `verdict` beside its winners; None where it grades nothing."""
    filled = ~np.isnan(verdict)
    in_range = filled & (verdict >= 1.0) & (verdict <= 2.0)
    with np.errstate(invalid="ignore"):
        against = in_range & ((1.5 - verdict) * (won - 0.5) < 0)
    between = in_range & ~np.isin(verdict, WHOLE)
    sound = in_range & ~against
    if not between.any() or (sound | (verdict == 0)).sum() < NEARLY * filled.sum():
        return None
    if in_range.sum() < NEARLY * len(verdict):
        return None
    tie = filled & (verdict == 0)
    score = np.where(tie, 0.5, np.where(sound, 2.0 - verdict, won))
    reread = {
        "a verdict of 0 as a tie": tie,
        "without a grade, by the winner": ~filled,
        "graded against the winner, by the winner": against,
        "graded out of 1 to 2, by the winner": filled & ~in_range & ~tie,
    }
    return Graded(
        score, Counter({what: int(rows.sum()) for what, rows in reread.items() if rows.any()})
    )
