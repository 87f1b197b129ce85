"""Accord: how often a juror, or the jury, says what others say: the rest of the jury, checkers, people."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..ratings.agreement import kappa
from ..ratings.connection import Bools
from ..ratings.estimate import Estimate, nothing, ratio, share
from ..ratings.table import Floats
from .items import Items, label
from .rest import majority

Ties = Literal["apart", "half", "drop"]
Failed = Literal["missing", "half", "wrong"]


@dataclass(frozen=True)
class Counting:
    """How agreement is counted."""

    ties: Ties = "apart"
    """A tie is a verdict like others; or half right where one of the two says so; or it is left out."""
    failed: Failed = "missing"
    """A juror that gave no verdict is left out, half right, or wrong."""


USUAL = Counting()


@dataclass(frozen=True)
class Accord:
    """Agreement with one reference, pair by pair."""

    same: Estimate
    """Share of equal verdicts, ties included."""
    half: Estimate
    """The same, where one names a winner and the other does not half a point."""
    decided: Estimate
    """Share of equal verdicts where both named a winner; a coin has 0.5."""
    kappa: Estimate
    """Cohen's kappa: agreement beyond chance, 1 for all, 0 for none."""

    def by(self, ties: Ties) -> Estimate:
        """Return the share, ties counted as asked."""
        return {"apart": self.same, "half": self.half, "drop": self.decided}[ties]


def with_jury(items: Items, juror: int) -> Accord:
    """Compare a juror with the majority of the others."""
    if len(items.jurors) < 2:
        return _none("not measurable: there is no other juror")
    return _of_juror(items, juror, majority(items, juror), "no other juror judged the same pairs")


def with_checkers(items: Items, juror: int, counting: Counting) -> Accord:
    """Compare a juror with checkers, where one answer passes and the other fails."""
    lacking = "it judged no pair that a checker tells apart"
    return _of_juror(items, juror, items.checked, lacking, counting)


def with_people(items: Items, juror: int, counting: Counting) -> Accord:
    """Compare a juror with people."""
    return _of_juror(
        items, juror, items.human, "no person's label for a pair that it judged", counting
    )


def jury_with(items: Items, reference: Floats, counting: Counting) -> Accord:
    """Compare what most jurors say of each pair with people or with checkers."""
    silent = np.asarray(np.isnan(items.value).all(axis=1), dtype=np.bool_)
    failed: Bools = silent & np.asarray(items.failed.any(axis=1), dtype=np.bool_)
    lacking = "no label for a pair that the jury judged"
    return _accord(items, majority(items), reference, failed, lacking, counting)


def _of_juror(
    items: Items, juror: int, reference: Floats, lacking: str, counting: Counting = USUAL
) -> Accord:
    own = label(items.value[:, juror])
    failed: Bools = np.asarray(items.failed[:, juror] & np.isnan(own))
    return _accord(items, own, reference, failed, lacking, counting)


def _none(note: str) -> Accord:
    gap = nothing(note)
    return Accord(gap, gap, gap, gap)


def _accord(
    items: Items,
    own: Floats,
    reference: Floats,
    failed: Bools,
    lacking: str,
    counting: Counting,
) -> Accord:
    told = ~np.isnan(own) & ~np.isnan(reference)
    lost = failed & ~np.isnan(reference) & (counting.failed != "missing")
    if not told.any():
        return _none(f"not measurable: {lacking}")
    rows = told | lost
    mine, theirs, question = own[rows], reference[rows], items.question[rows]
    missed = 0.5 if counting.failed == "half" else 0.0
    gave = ~lost[rows]
    equal = np.where(gave, mine == theirs, missed)
    torn = gave & ((mine == 0) != (theirs == 0))
    decided = np.where(gave, mine != 0, True) & (theirs != 0)
    return Accord(
        same=share(equal, question),
        half=share(np.where(torn, 0.5, equal), question),
        decided=share(equal[decided], question[decided]),
        kappa=ratio(
            _table(own[told], reference[told], items.turned[told]), items.question[told], _kappa
        ),
    )


def _table(mine: Floats, theirs: Floats, turned: Bools) -> Floats:
    """Return the 3 by 3 table of each pair; half in each order where the pair was shown in both."""
    one, two = (np.rint(2 * v).astype(int) + 1 for v in (mine, theirs))
    cells, at = np.zeros((len(one), 9)), np.arange(len(one))
    here = 3 * one + two
    cells[at, here] = np.where(turned, 0.5, 1.0)
    cells[at, 8 - here] += np.where(turned, 0.5, 0.0)
    return cells


def _kappa(cells: Floats) -> Floats:
    return kappa(cells.reshape(*cells.shape[:-1], 3, 3))
