"""Ratings with length or style held equal, and what each feature wins."""

from dataclasses import dataclass

from ...tools.ratings.fit import Fit
from ...tools.ratings.intervals import Intervals
from ...tools.ratings.style import (
    bootstrap_styled,
    contrast,
    own_variation,
    rate_styled,
    sandwich_styled,
)
from .battles import Battles
from .options import Options


@dataclass(frozen=True, eq=False)
class Controlled:
    """A fit that leaves style out."""

    fit: Fit
    intervals: Intervals
    coefficients: dict[str, float]
    """Log-odds won per standard deviation of each feature."""
    own: dict[str, float]
    """Share of each feature's variation that does not follow from who plays, 0 to 1."""


def controlled(battles: Battles, options: Options) -> Controlled:
    """Fit ratings together with the features of the answers."""
    table, features = battles.table, contrast(battles.style_a, battles.style_b)
    styled = rate_styled(table, features, options.anchor)
    if options.method == "sandwich":
        intervals = sandwich_styled(table, features, styled)
    else:
        intervals = bootstrap_styled(
            table, features, styled, rounds=options.rounds, seed=options.seed
        )
    won, own = styled.coefficients.tolist(), own_variation(table, features).tolist()
    return Controlled(
        styled.fit,
        intervals,
        dict(zip(battles.style, won, strict=True)),
        dict(zip(battles.style, own, strict=True)),
    )
