"""How far two rankings of the same models agree, by the measures that benchmarks are compared by.

Separability and agreement with confidence and the pair-rank Brier score are those of Arena-Hard (Li et al.
2024, "From crowdsourced data to high-quality benchmarks"); Spearman's and Kendall's (tau-b) correlations
are the textbook's, ties at their mean rank.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import erf, sqrt

import numpy as np

from .intervals import PERCENTILES
from .share import NORMAL
from .table import Floats


@dataclass(frozen=True, eq=False)
class Ranking:
    """Models with a score each; higher is better."""

    models: tuple[str, ...]
    score: Floats
    low: Floats | None = None
    """Ends of the intervals; None where they are not known."""
    high: Floats | None = None
    draws: Floats | None = None
    """Scores of bootstrap rounds, shape (rounds, models)."""

    def among(self, models: tuple[str, ...]) -> "Ranking":
        """Return some of the models, in their order."""
        at = np.array([self.models.index(model) for model in models], dtype=np.int64)
        low, high = (None if end is None else end[at] for end in (self.low, self.high))
        draws = None if self.draws is None else self.draws[:, at]
        return Ranking(models, self.score[at], low, high, draws)

    @cached_property
    def apart(self) -> Floats:
        """1 where the row model is surely above the column model, -1 where below, else 0."""
        if self.low is None or self.high is None:
            return np.asarray(np.sign(self.score[:, None] - self.score))
        above = (self.low[:, None] > self.high).astype(np.float64)
        return np.asarray(above - above.T)

    @cached_property
    def error(self) -> Floats | None:
        """Standard errors of the scores; None where nothing tells them."""
        if self.draws is not None:
            return np.asarray(self.draws.std(axis=0, ddof=1))
        if self.low is None or self.high is None:
            return None
        return np.asarray((self.high - self.low) / (2.0 * NORMAL))

    def redrawn(self, rounds: int, seed: int) -> Iterator["Ranking"]:
        """Yield it as other samples would give it: scores of the bootstrap, or normal ones, as sure as here.

        Nothing is yielded where nothing tells the errors of the scores.
        """
        error = self.error
        if error is None:
            return
        drawn = self.draws
        if drawn is None:
            noise = np.random.default_rng(seed).normal(size=(rounds, len(self.models)))
            drawn = self.score + error * noise
        for score in drawn:
            moved = score - self.score
            low, high = (None if end is None else end + moved for end in (self.low, self.high))
            yield replace(self, score=score, low=low, high=high)


Figure = Callable[[Ranking], float | None]


@dataclass(frozen=True)
class Measure:
    """A figure with its 95 % interval, where it has one.

    The interval holds what 95 % of other samples of the questions would give, and the figure itself: where
    two rankings agree almost wholly, all other samples agree less.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Comparison:
    """A ranking beside a reference."""

    models: tuple[str, ...]
    """In both."""
    here: tuple[str, ...]
    """In the ranking alone."""
    there: tuple[str, ...]
    """In the reference alone."""
    separability: Measure
    """Share of pairs whose intervals do not overlap; unknown without intervals."""
    reference_separability: float | None
    agreement: Measure
    """Of pairs that the reference separates: 1 for the same order, -1 for the other, 0 where the ranking
    does not separate them; the mean."""
    agreement_of_all: Measure
    """The same sum over all pairs."""
    order: Measure
    """Strict: share of pairs in the same order; a tie in one ranking only is none."""
    lenient: Measure
    """Share of pairs that are not separated the other way round than the reference has them."""
    spearman: Measure
    kendall: Measure
    brier: Measure
    """Mean squared error of the predicted order: the chance, by the errors of the scores, that the one
    ranks above the other, against the reference; 0.25 for a coin."""


def compare(
    ranking: Ranking, reference: Ranking, *, rounds: int = 1000, seed: int = 0
) -> Comparison:
    """Compare a ranking with a reference on the models that both have.

    Raises:
        ValueError: They share fewer than two models.
    """
    models = tuple(model for model in reference.models if model in ranking.models)
    if len(models) < 2:
        raise ValueError(
            f"models in both rankings: {len(models)}; comparing them takes two or more"
        )
    one, two = ranking.among(models), reference.among(models)
    upper = np.triu_indices(len(models), 1)
    theirs = two.apart[upper]
    sure = theirs != 0
    points = np.sign((two.score[:, None] - two.score)[upper])
    drawn = tuple(one.redrawn(rounds, seed))

    def apart(here: Ranking) -> float | None:
        return None if here.low is None else float((here.apart[upper] != 0).mean())

    def agreed(here: Ranking) -> float | None:
        return float((here.apart[upper] * theirs)[sure].mean()) if sure.any() else None

    def measure(figure: Figure) -> Measure:
        value = figure(one)
        known = [v for v in map(figure, drawn) if v is not None]
        if value is None or len(known) < 2:
            return Measure(value)
        low, high = np.percentile(known, PERCENTILES)
        return Measure(value, min(value, float(low)), max(value, float(high)))

    return Comparison(
        models=models,
        here=tuple(model for model in ranking.models if model not in models),
        there=tuple(model for model in reference.models if model not in models),
        separability=measure(apart),
        reference_separability=float(sure.mean()) if two.low is not None else None,
        agreement=measure(agreed),
        agreement_of_all=measure(lambda here: float((here.apart[upper] * theirs).mean())),
        order=measure(lambda here: same_order(here.score, two.score)),
        lenient=measure(lambda here: float((here.apart[upper] * points >= 0).mean())),
        spearman=measure(lambda here: spearman(here.score, two.score)),
        kendall=measure(lambda here: kendall(here.score, two.score)),
        brier=measure(lambda here: _brier(here.score, one.error, points)),
    )


def same_order(first: Floats, second: Floats) -> float | None:
    """Return the share of pairs in the same order, ties included."""
    upper = np.triu_indices(len(first), 1)
    one, two = (np.sign((s[:, None] - s)[upper]) for s in (first, second))
    return float((one == two).mean())


def spearman(first: Floats, second: Floats) -> float | None:
    """Return the correlation of ranks; None where one of the two has no order at all."""
    one, two = (_ranks(s) - (len(s) + 1) / 2 for s in (first, second))
    size = float(np.sqrt((one @ one) * (two @ two)))
    return float(one @ two) / size if size else None


def kendall(first: Floats, second: Floats) -> float | None:
    """Return tau-b: concordant less discordant pairs, over the pairs untied in each."""
    upper = np.triu_indices(len(first), 1)
    one, two = (np.sign((s[:, None] - s)[upper]) for s in (first, second))
    size = float(np.sqrt((one @ one) * (two @ two)))
    return float(one @ two) / size if size else None


def _ranks(score: Floats) -> Floats:
    """Return the ranks from 1, equal scores at their mean rank."""
    below = (score[:, None] > score).sum(axis=1)
    equal = (score[:, None] == score).sum(axis=1)
    return np.asarray(below + (equal + 1) / 2.0)


def _brier(score: Floats, error: Floats | None, points: Floats) -> float | None:
    if error is None:
        return None
    upper = np.triu_indices(len(score), 1)
    lead = (score[:, None] - score)[upper]
    spread = np.sqrt(error[:, None] ** 2 + error**2)[upper]
    chance = np.array([_above(a, b) for a, b in zip(lead.tolist(), spread.tolist(), strict=True)])
    outcome = 0.5 + 0.5 * points
    return float(((chance - outcome) ** 2).mean())


def _above(lead: float, spread: float) -> float:
    """Return the chance of a lead above 0."""
    if spread == 0:
        return 0.5 + 0.5 * float(np.sign(lead))
    return 0.5 * (1.0 + erf(lead / spread / sqrt(2.0)))
