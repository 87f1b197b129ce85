"""Kinship: whether a juror favours contenders of its own family, or itself, beyond the other jurors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..ratings.connection import Bools
from ..ratings.estimate import Estimate, nothing, ratio, too_few
from ..ratings.table import Floats
from .items import Items
from .rest import gain, gain_sums, others

NEVER = "not measurable: it never judged its own family"
NO_SELF = "not measurable: it never judged itself"
NO_OTHERS = "not measurable: nobody else judged the same pairs, neither jurors nor people"


@dataclass(frozen=True)
class Kinship:
    """Share of the win, 0 to 1, given beyond what the others give."""

    family: Estimate
    itself: Estimate
    compared_with: str
    """`jury`, `people`, or empty where nobody could be compared."""


def kinship(
    items: Items, juror: int, families: Mapping[str, str], distrusted: Collection[int] = ()
) -> Kinship:
    """Measure one juror, by number; the others are jurors of other families, else people."""
    name = items.jurors[juror]
    kin = np.array([_family(m, families) == _family(name, families) for m in items.models])
    itself = np.array([m == name for m in items.models])
    rest, source = _rest(items, juror, families, distrusted)
    return Kinship(
        family=_favour(items, juror, kin, rest) if kin.any() else nothing(NEVER),
        itself=_favour(items, juror, itself, rest) if itself.any() else nothing(NO_SELF),
        compared_with=source if kin.any() else "",
    )


def _family(name: str, families: Mapping[str, str]) -> str:
    return families.get(name, name)


def _rest(
    items: Items, juror: int, families: Mapping[str, str], distrusted: Collection[int]
) -> tuple[Floats, str]:
    """Return what the others say: jurors without a relative in the pair, or people."""
    sides = np.array([_family(m, families) for m in items.models])
    relatives = np.stack(
        [
            (sides[items.low] == _family(j, families)) | (sides[items.high] == _family(j, families))
            for j in items.jurors
        ],
        axis=1,
    )
    rest = others(items, juror, distrusted, relatives)
    if not np.isnan(rest).all():
        return rest, "jury"
    return items.human, "people" if not np.isnan(items.human).all() else ""


def _favour(items: Items, juror: int, kin: Bools, rest: Floats) -> Estimate:
    own = items.value[:, juror]
    side = kin[items.low].astype(float) - kin[items.high]
    judged = ~np.isnan(own)
    if not (judged & (side != 0)).any():
        return nothing(NEVER)
    compared = judged & ~np.isnan(rest)
    rows = compared & (side != 0)
    if not rows.any():
        return nothing(NO_OTHERS)
    if short := too_few(items.question[rows]):
        return short
    found = ratio(_sums(items, juror, side, rest)[compared], items.question[compared], _beyond)
    return replace(found, n=int(rows.sum()), questions=len(np.unique(items.question[rows])))


def _sums(items: Items, juror: int, side: Floats, rest: Floats) -> Floats:
    """Return what is summed; pairs without a relative only tell how loud the juror is."""
    own = items.value[:, juror]
    return np.column_stack([side * own, side * rest, side != 0, gain_sums(items, juror)])


def _beyond(s: Floats) -> Floats:
    return np.asarray((s[..., 0] - gain(s[..., 3:]) * s[..., 1]) / s[..., 2])
