"""Accord: how often a juror says what others say: the rest of the jury, checkers, people."""

from dataclasses import dataclass

import numpy as np

from ..ratings.table import Floats
from .estimate import Estimate, nothing, ratios, share
from .items import Items, label
from .rest import majority


@dataclass(frozen=True)
class Accord:
    """Agreement of one juror with one reference, pair by pair."""

    same: Estimate
    """Share of equal verdicts, ties included."""
    decided: Estimate
    """Share of equal verdicts where both named a winner; a coin has 0.5."""
    kappa: Estimate
    """Cohen's kappa: agreement beyond chance, 1 for all, 0 for none."""


def with_jury(items: Items, juror: int) -> Accord:
    """Compare a juror with the majority of the others."""
    if len(items.jurors) < 2:
        return _none("not measurable: there is no other juror")
    return _accord(items, juror, majority(items, juror), "no other juror judged the same pairs")


def with_checkers(items: Items, juror: int) -> Accord:
    """Compare a juror with checkers, where one answer passes and the other fails."""
    return _accord(items, juror, items.checked, "it judged no pair that a checker tells apart")


def with_people(items: Items, juror: int) -> Accord:
    """Compare a juror with people."""
    return _accord(items, juror, items.human, "no person's label for a pair that it judged")


def _none(note: str) -> Accord:
    gap = nothing(note)
    return Accord(gap, gap, gap)


def _accord(items: Items, juror: int, reference: Floats, lacking: str) -> Accord:
    own = label(items.value[:, juror])
    rows = ~np.isnan(own) & ~np.isnan(reference)
    if not rows.any():
        return _none(f"not measurable: {lacking}")
    mine, theirs, question = own[rows], reference[rows], items.question[rows]
    decided = (mine != 0) & (theirs != 0)
    return Accord(
        same=share((mine == theirs).astype(float), question),
        decided=share((mine == theirs)[decided].astype(float), question[decided]),
        kappa=ratios(_table(mine, theirs), question, _kappa)[0],
    )


def _table(mine: Floats, theirs: Floats) -> Floats:
    """Return the 3 by 3 table of each pair, counted in both orientations: sides are arbitrary."""
    one, two = (np.rint(2 * v).astype(int) + 1 for v in (mine, theirs))
    cells = np.zeros((len(one), 9))
    cells[np.arange(len(one)), 3 * one + two] += 0.5
    cells[np.arange(len(one)), 3 * (2 - one) + 2 - two] += 0.5
    return cells


def _kappa(cells: Floats) -> Floats:
    table = cells.reshape(*cells.shape[:-1], 3, 3)
    total = table.sum(axis=(-2, -1))
    same = np.trace(table, axis1=-2, axis2=-1) / total
    chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / total**2
    return np.asarray((same - chance) / (1.0 - chance))[..., None]
