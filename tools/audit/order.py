"""What the order shown does to a juror: preferences that flip, and a leaning to one place.

Measured on pairs that the juror judged in both orders. There each answer stands first once, so a
fair juror's decided games are won by the place shown first in one half, however unequal the models.
"""

from dataclasses import dataclass

import numpy as np

from ..ratings.estimate import Estimate, nothing, ratio, share
from ..ratings.table import Floats, Ints
from .items import Items

NO_ORDER = "not measurable: the files do not tell which answer was shown first"
ONE_ORDER = "not measurable: no pair was judged in both orders"


@dataclass(frozen=True)
class Order:
    """One juror's dependence on the order shown."""

    flips: Estimate
    """Share of the pairs in which the other order gave the other winner."""
    wavers: Estimate
    """Share of the pairs in which one order gave a tie and the other a winner."""
    first: Estimate
    """Share of the decided games that the answer shown first won; fair is 0.5."""
    shift: Estimate
    """Points given to an answer for being shown first: the mean lead of the first; fair is 0."""


def order(items: Items, juror: int) -> Order:
    """Measure one juror, by number."""
    rows = items.both[:, juror]
    if not items.ordered or not rows.any():
        gap = nothing(ONE_ORDER if items.ordered else NO_ORDER)
        return Order(gap, gap, gap, gap)
    question = items.question[rows]
    forth, back = (np.sign(m[rows, juror]) for m in (items.forth, items.back))
    return Order(
        flips=share((forth * back < 0).astype(float), question),
        wavers=share(((forth == 0) != (back == 0)).astype(float), question),
        first=_first(forth, back, question),
        shift=_shift(items, juror, question),
    )


def _first(forth: Floats, back: Floats, question: Ints) -> Estimate:
    wins = np.concatenate([forth, -back])  # by the answer shown first
    decided = wins != 0
    return share((wins[decided] > 0).astype(float), np.concatenate([question, question])[decided])


def _shift(items: Items, juror: int, question: Ints) -> Estimate:
    rows = items.both[:, juror]
    lead = (items.lead_forth[rows, juror] - items.lead_back[rows, juror]) / 2.0
    told = ~np.isnan(lead)
    if not told.any():
        return nothing("not measurable: the juror gives no points")
    sums = np.column_stack([lead[told], np.ones(int(told.sum()))])
    return ratio(sums, question[told], lambda s: s[..., 0] / s[..., 1])
