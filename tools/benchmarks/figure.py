"""A share with its 95 % interval, by resampling prompts: what hangs together is drawn together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ratings.share import wilson

ROUNDS = 2000
_ENDS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value between its ends; a share is 0 to 1, a difference -1 to 1."""

    value: float
    low: float
    high: float

    def data(self) -> dict[str, float]:
        """Return it as plain data."""
        return {name: round(getattr(self, name), 4) for name in ("value", "low", "high")}

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} ({100 * self.low:.1f} to {100 * self.high:.1f})"


def share(hits: Sequence[bool]) -> Figure:
    """Return a share of single trials (Wilson)."""
    part = sum(hits) / len(hits)
    return Figure(part, *wilson(part, len(hits)))


@dataclass(frozen=True)
class Counts:
    """Hits and trials of every prompt: several trials of one prompt are one piece of evidence."""

    hits: Sequence[float]
    trials: Sequence[float]

    def ratio(self) -> float:
        """Return the share over all trials."""
        return sum(self.hits) / sum(self.trials)

    def resampled(self, draws: np.ndarray) -> np.ndarray:
        """Return the share in each draw of prompts."""
        hits, trials = np.asarray(self.hits, float), np.asarray(self.trials, float)
        found: np.ndarray = hits[draws].sum(axis=1) / trials[draws].sum(axis=1)
        return found


def mean(parts: Sequence[Counts], seed: int) -> Figure:
    """Return the mean of several shares over the same prompts."""
    draws = _draws(len(parts[0].hits), seed)
    values = np.mean([part.resampled(draws) for part in parts], axis=0)
    return _between(float(np.mean([part.ratio() for part in parts])), values)


def gain(after: Sequence[Counts], before: Sequence[Counts], seed: int) -> Figure:
    """Return how much the mean of several shares rose, prompt by prompt over the same prompts."""
    draws = _draws(len(after[0].hits), seed)
    values = np.mean([part.resampled(draws) for part in after], axis=0)
    values = values - np.mean([part.resampled(draws) for part in before], axis=0)
    told = np.mean([part.ratio() for part in after]) - np.mean([p.ratio() for p in before])
    return _between(float(told), values)


def _draws(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, size=(ROUNDS, count))


def _between(value: float, values: np.ndarray) -> Figure:
    low, high = np.percentile(values, _ENDS)
    return Figure(value, float(low), float(high))
