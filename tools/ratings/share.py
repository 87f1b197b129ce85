"""How sure a share is, and how much a torn juror's vote counts."""

from math import sqrt

NORMAL = 1.959963984540054
"""Standard errors on each side of a 95 % interval."""
FLIPPED_WEIGHT = 0.5
"""Vote of a juror who prefers another answer when the order is swapped: kept, but down-weighted."""


def wilson(part: float, n: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of n trials (Wilson 1927, "Probable inference")."""
    middle = (part + NORMAL**2 / (2 * n)) / (1 + NORMAL**2 / n)
    half = NORMAL / (1 + NORMAL**2 / n) * sqrt(part * (1 - part) / n + NORMAL**2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def gain(won: int, tied: int, lost: int) -> tuple[float, float, float]:
    """Return a paired gain, the share won minus the share lost, with its 95 % interval.

    Each question counts once, and one that neither side wins tells that the two are alike. The interval
    is that of Bonett and Price for paired shares (2012, "Adjusted Wald confidence interval for a
    difference of binomial proportions based on paired data"): few questions do not look like certainty.
    """
    n = won + tied + lost
    up, down = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    half = NORMAL * sqrt((up + down - (up - down) ** 2) / (n + 2))
    return (won - lost) / n, max(-1.0, up - down - half), min(1.0, up - down + half)
