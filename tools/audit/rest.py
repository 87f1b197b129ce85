"""The rest of the jury: what the others said, in the units of one juror.

Jurors differ in how clearly they tell good from bad. A juror who tells more clearly says everything
louder than the others, also what happens to go with length or family; so the others' mean is scaled
by `gain`, from what all of them have in common.
"""

from collections.abc import Collection

import numpy as np

from ..ratings.connection import Bools
from ..ratings.table import Floats
from .items import Items, label


def others(
    items: Items, juror: int, distrusted: Collection[int], related: Bools | None = None
) -> Floats:
    """Return the mean value of the other jurors, NaN where nobody else judged.

    Args:
        items: All verdicts.
        juror: The one to compare, by number.
        distrusted: Jurors that are no standard for others, by number.
        related: True where a juror has a relative in the pair, shape (items, jurors).
    """
    values = items.value.copy()
    values[:, [juror, *distrusted]] = np.nan
    if related is not None:
        values[related] = np.nan
    return _nanmean(values)


def gain_sums(items: Items, juror: int) -> Floats:
    """Return two columns whose sums' ratio is how loud a juror is beside the others.

    For two others o and m, mean(juror x m) / mean(o x m) is free of everybody's noise. Zeros where
    no two others judged; `gain` then takes 1.
    """
    values = items.value
    own = values[:, juror]
    rest = np.delete(values, juror, axis=1)
    here = ~np.isnan(rest) & ~np.isnan(own)[:, None]
    rest = np.where(here, rest, 0.0)
    count = here.sum(axis=1)
    total = rest.sum(axis=1)
    pairs = total**2 - (rest**2).sum(axis=1)  # over ordered pairs of different others
    mine = np.where(count > 1, np.nan_to_num(own) * total * (count - 1), 0.0)
    return np.column_stack([mine, np.where(count > 1, pairs, 0.0)])


def gain(sums: Floats) -> Floats:
    """Return how loud a juror is, from sums of shape (..., 2); 1 where it cannot be told."""
    told = (sums[..., 0] > 0) & (sums[..., 1] > 0)
    return np.where(told, sums[..., 0] / np.where(told, sums[..., 1], 1.0), 1.0)


def majority(items: Items, without: int | None = None) -> Floats:
    """Return the label that most jurors gave, all but one; a tie where no label leads."""
    labels = label(items.value)
    if without is not None:
        labels[:, without] = np.nan
    won, tied, lost = ((labels == side).sum(axis=1) for side in (0.5, 0.0, -0.5))
    most = np.where(
        (won > tied) & (won > lost), 0.5, np.where((lost > tied) & (lost > won), -0.5, 0.0)
    )
    return np.where(won + tied + lost > 0, most, np.nan)


def _nanmean(values: Floats) -> Floats:
    told = ~np.isnan(values)
    count = told.sum(axis=1)
    total = np.where(told, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
