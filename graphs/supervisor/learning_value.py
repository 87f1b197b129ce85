"""How often each leaf of a skill is worth asking: weights from what asking it taught so far. Pure.

A leaf's learning value is the share of its instructions that the target loses to others. What the target
always wins teaches nothing; what everybody loses is broken and teaches nothing either; what is dropped at
the gate was asked in vain. All three count as tries that taught nobody. (p(1-p) of the target's success
would also let a leaf go that the target always loses to others, of all leaves the one to imitate: over 60
simulated runs of five rounds, learning by imitation at once or slowly, this value left the target 0.2 to
2 points better than p(1-p), and 1 to 3.5 points better than even weights.)

Weights have the mean 1 within a skill, what is on trial not counted. They move only where the leaves
scatter more than chance makes them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

Bandit = Literal["thompson", "ucb", "proportional", "off"]
SIGNIFICANCE = 0.025
"""Of each of the two tests for scatter: leaves that are alike are moved in about one round of twenty."""
_LARGEST_PRIOR = 20.0
_GRID = (np.arange(512) + 0.5) / 512


@dataclass(frozen=True, slots=True)
class Evidence:
    """What asking a leaf taught, in instructions; earlier rounds count less."""

    tried: float = 0.0
    taught: float = 0.0
    """Sum over the tries of the share of its battles that the target lost."""

    @property
    def share(self) -> float:
        """Share of the tries that taught."""
        return self.taught / self.tried if self.tried else 0.0

    def __add__(self, other: "Evidence") -> "Evidence":
        """Return both together."""
        return Evidence(self.tried + other.tried, self.taught + other.taught)

    def faded(self, by: float) -> "Evidence":
        """Return it counting less."""
        return Evidence(self.tried * by, self.taught * by)


def together(found: Sequence[Evidence]) -> Evidence:
    """Return all of them, the same in any order."""
    return Evidence(fsum(e.tried for e in found), fsum(e.taught for e in found))


def weights(
    found: Sequence[Evidence], *, bandit: Bandit, prior: float, cap: float
) -> list[float] | None:
    """Return the leaves' weights before floor and cap; None where nothing tells the leaves apart."""
    if bandit == "off" or not scatters(found):
        return None
    return _BANDITS[bandit](_shrunk(found, prior), cap)


def scatters(found: Sequence[Evidence]) -> bool:
    """Return whether leaves differ more than chance makes them: all of them together, or one from the rest.

    An instruction counts as one trial, however many battles it had: those are about the same thing.
    """
    whole, tried = together(found), [e for e in found if e.tried]
    usual = whole.share
    if len(tried) < 2 or not 0 < usual < 1:
        return False
    off = [(e.share - usual) * sqrt(e.tried / (usual * (1 - usual))) for e in tried]
    each = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2 / len(tried))
    return fsum(z * z for z in off) > _chi_square(len(tried) - 1) or max(map(abs, off)) > each


def levelled(
    wanted: Sequence[float], *, floor: float, cap: float, mean: float = 1.0
) -> list[float]:
    """Return weights in proportion to those wanted, between floor and cap, with that mean.

    Where the mean is out of their reach (others are pinned), all are at the floor or at the cap.
    """
    total, low, high = mean * len(wanted), 0.0, 1.0

    def scaled(by: float) -> list[float]:
        return [min(cap, max(floor, by * weight)) for weight in wanted]

    while fsum(scaled(high)) < total and high < 1e12:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if fsum(scaled(middle)) < total else (low, middle)
    return scaled(high)


def _chi_square(freedom: int) -> float:
    """Return the quantile that chance exceeds once in 1 / `SIGNIFICANCE` (Wilson and Hilferty, 1931)."""
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + NormalDist().inv_cdf(1 - SIGNIFICANCE) * sqrt(part)) ** 3)


_Posterior = tuple[float, float]
"""Mean, and the tries that it is worth."""


def _shrunk(found: Sequence[Evidence], least: float) -> list[_Posterior]:
    """Return each leaf's value with tries at the skill's mean added: the more, the less the leaves scatter.

    The variance between leaves is what theirs exceeds chance by (DerSimonian and Laird, 1986).
    """
    whole, tried = together(found), [e for e in found if e.tried]
    usual = whole.share
    within = usual * (1 - usual)
    excess = fsum(e.tried * (e.share - usual) ** 2 for e in tried) - (len(tried) - 1) * within
    size = whole.tried - fsum(e.tried**2 for e in tried) / whole.tried
    between = excess / size if size > 0 else 0.0
    prior = within / between - 1 if between > 0 else _LARGEST_PRIOR
    prior = max(least, min(max(least, _LARGEST_PRIOR), prior), 1e-6)
    return [((e.taught + prior * usual) / (e.tried + prior), e.tried + prior) for e in found]


def _thompson(found: Sequence[_Posterior], cap: float) -> list[float]:
    """Return how often each leaf wins: each seat goes to the best of `cap` leaves, by a draw of its value.

    That is Thompson sampling in its expectation, so no draw of ours moves a weight; and no leaf can win
    more than `cap` times its even share. One seat for the best of all leaves would starve the others.
    """
    density = np.array(
        [
            (mean * worth - 1) * np.log(_GRID) + ((1 - mean) * worth - 1) * np.log1p(-_GRID)
            for mean, worth in found
        ]
    )
    density = np.exp(density - density.max(axis=1, keepdims=True))
    density /= density.sum(axis=1, keepdims=True)
    below = (density.cumsum(axis=1) - density / 2).mean(axis=0)
    return [float(cap * row @ below ** (cap - 1)) for row in density]


def _ucb(found: Sequence[_Posterior], cap: float) -> list[float]:
    """Return each leaf's upper confidence bound: its mean, and what UCB-V adds for its variance, halved."""
    every = log(1 + fsum(worth for _, worth in found)) / 2
    return [mean + sqrt(every * mean * (1 - mean) / worth) for mean, worth in found]


def _proportional(found: Sequence[_Posterior], cap: float) -> list[float]:
    return [mean for mean, _ in found]


_BANDITS: dict[str, Callable[[Sequence[_Posterior], float], list[float]]] = {
    "thompson": _thompson,
    "ucb": _ucb,
    "proportional": _proportional,
}
