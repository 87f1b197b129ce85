"""A juror's taste: what longer or fancier answers win with it, beyond what they deserve.

What they deserve is told in two ways. Against the jury: how far the juror goes beyond the others on
the same pair; a taste that all jurors share cannot be seen so. Against the strengths: what is left
when each model's strength is taken out; there a longer answer may have earned what it wins.
Effects are slopes: share of the win, 0 to 1, for an answer twice as long, or for having all of the
headings (list items, …) of the two.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..ratings.connection import Bools
from ..ratings.estimate import Estimate, nothing, ratios, share
from ..ratings.table import Floats, add_up
from .evidence import STYLE
from .items import Items
from .rest import gain, gain_sums, others

UNKNOWN = "not measurable: the answers' lengths are not known"
NO_TEXTS = "not measurable: the answers' texts are not there"
ALONE = "not measurable: no other juror judged the same pairs"
BOUND = (
    "not measurable: it follows wholly from which models meet, or from length and the other marks"
)
OWN = 1e-9
"""Share of a feature's variation that must be its own, squared: what is less is rounding."""


@dataclass(frozen=True)
class Taste:
    """One juror's taste."""

    longer: Estimate
    """Share of the decided pairs that the longer answer won, deserved or not."""
    length: Estimate
    """Effect of an answer twice as long, against the jury."""
    length_by_strength: Estimate
    """The same against the strengths of the models."""
    style: dict[str, Estimate]
    """Effect of each of STYLE at equal length, against the jury (against strengths where alone)."""


def taste(items: Items, juror: int, distrusted: Collection[int] = ()) -> Taste:
    """Measure one juror, by number, against all others but the distrusted."""
    rest = np.where(np.isnan(items.value[:, juror]), np.nan, others(items, juror, distrusted))
    alone = bool(np.isnan(rest).all())
    length = items.longer[:, None]
    both = np.column_stack([items.longer, items.style])
    return Taste(
        longer=_longer(items, juror),
        length=nothing(ALONE) if alone else _slopes(items, juror, length, rest)[0],
        length_by_strength=_slopes(items, juror, length, None)[0],
        style=_style(items, juror, both, None if alone else rest),
    )


def _longer(items: Items, juror: int) -> Estimate:
    won = items.value[:, juror] * items.longer
    rows = ~np.isnan(won) & (won != 0)
    if np.isnan(items.longer).all():
        return nothing(UNKNOWN)
    return share((won[rows] > 0).astype(float), items.question[rows])


def _style(items: Items, juror: int, both: Floats, rest: Floats | None) -> dict[str, Estimate]:
    if np.isnan(items.style).all():
        return dict.fromkeys(STYLE, nothing(NO_TEXTS))
    known = ~np.isnan(both).any(axis=1)
    seen = [at for at in range(len(STYLE)) if np.count_nonzero(items.style[known, at]) >= 10]
    unseen = dict.fromkeys(STYLE, nothing("too few: fewer than 10 pairs differ in it"))
    found = _slopes(items, juror, both[:, [0, *(1 + at for at in seen)]], rest)
    if len(found) <= len(seen):
        return unseen | dict.fromkeys((STYLE[at] for at in seen), found[0])
    return unseen | {STYLE[at]: found[1 + place] for place, at in enumerate(seen)}


def _slopes(
    items: Items, juror: int, features: Floats, rest: Floats | None
) -> tuple[Estimate, ...]:
    """Regress a juror's values, less the rest's in its own units, on features of the answers."""
    own = items.value[:, juror]
    judged = ~np.isnan(own) if rest is None else ~np.isnan(own) & ~np.isnan(rest)
    rows = judged & ~np.isnan(features).any(axis=1)
    if not rows.any():
        return (nothing(UNKNOWN),)
    left = [_without_models(items, rows, column) for column in features[rows].T]
    # Each in units of its own size, beside which what is left may be nothing but rounding.
    size = np.sqrt((features[rows] ** 2).sum(axis=0))
    size = np.where(size > 0, size, 1.0)
    x = np.stack(left, axis=1) / size
    told, used = _told(x)
    if not told.any():
        return (nothing(BOUND),)
    x, size = x[:, used], size[used]
    width = x.shape[1]
    theirs = np.zeros(int(rows.sum())) if rest is None else rest[rows]
    sums = np.column_stack(
        [
            (x[:, :, None] * x[:, None, :]).reshape(len(x), -1),
            x * own[rows, None],
            x * theirs[:, None],
            gain_sums(items, juror)[rows],
        ]
    )

    def slopes(s: Floats) -> Floats:
        square = s[..., : width * width].reshape(*s.shape[:-1], width, width)
        mine, rest_of = s[..., width * width : -2 - width], s[..., -2 - width : -2]
        beyond = mine - gain(s[..., -2:])[..., None] * rest_of
        # Without some question the rest may be bound as well: that leaves no error, and no figure.
        bound = np.linalg.eigvalsh(square)[..., 0] < OWN
        found = np.linalg.solve(
            np.where(bound[..., None, None], np.eye(width), square), beyond[..., None]
        )[..., 0]
        return np.where(bound[..., None], np.nan, found / size)

    found = ratios(sums, items.question[rows], slopes)
    if len(found) < width:
        return found
    by = dict(zip(np.flatnonzero(used).tolist(), found, strict=True))
    return tuple(by[at] if known else nothing(BOUND) for at, known in enumerate(told))


def _told(x: Floats) -> tuple[Bools, Bools]:
    """Return whose slopes can be told, and columns that span all of them."""
    values, axes = np.linalg.eigh(x.T @ x)
    told = (axes[:, values < OWN] ** 2).sum(axis=1) < OWN**0.5
    used = told.copy()
    for at in np.flatnonzero(~told):
        used[at] = True
        used[at] = np.linalg.eigvalsh(x[:, used].T @ x[:, used])[0] >= OWN
    return told, used


def _without_models(items: Items, rows: Bools, values: Floats) -> Floats:
    """Return what is left of values when the best strength for every model is taken out."""
    low, high, count = items.low[rows], items.high[rows], len(items.models)
    pairs = add_up(low * count + high, np.ones(len(low)), count * count).reshape(count, count)
    met = pairs + pairs.T
    laplacian = np.diag(met.sum(axis=1)) - met
    pull = add_up(low, values, count) - add_up(high, values, count)
    strength = np.linalg.pinv(laplacian, hermitian=True) @ pull
    return np.asarray(values - (strength[low] - strength[high]))
