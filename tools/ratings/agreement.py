"""Whether judges agree, beyond chance, and how many independent votes they are really worth.

Labels are 1 (model_a), 0.5 (tie), 0 (model_b), NaN where a judge did not see the item. An item that was
shown in one order only has the labels of that order. One that was shown in both has no model_a of its
own: it counts as half an item in each order, so that no coefficient depends on which row comes first or on
the models' names. Intervals come from leaving out one question at a time (the jackknife).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .connection import Bools
from .estimate import LEAST_QUESTIONS, student
from .table import Floats, Ints, add_up, some

FEWEST_SHARED = 30
"""Battles that judges must share before their correlation tells how many votes they are worth: over
fewer its error (about 1 in the square root of their number) leaves nearly any number open."""
Interval = tuple[float, float]


@dataclass(frozen=True)
class Agreement:
    """Agreement between the judges of one battle table; None where it is not defined."""

    judges: tuple[str, ...]
    """Those that share battles with others; all of them, where nobody does."""
    items: int
    """Battles (question and pair) that at least two judges decided."""
    share: float | None
    """Mean share of equal verdicts over pairs of judges."""
    kappa: float | None
    """Cohen's kappa, mean over pairs of judges."""
    kappas: dict[tuple[str, str], float | None]
    fleiss: float | None
    """Fleiss' kappa (1971) over the battles that all judges decided."""
    alpha: float | None
    """Krippendorff's alpha, nominal (2011, "Computing Krippendorff's Alpha-Reliability")."""
    effective_votes: float | None
    """None also where judges share fewer than FEWEST_SHARED battles."""
    kappa_interval: Interval | None = None
    fleiss_interval: Interval | None = None
    alpha_interval: Interval | None = None
    """95 %; None below LEAST_QUESTIONS questions, or where their battles are not told."""


def compare(
    judges: tuple[str, ...],
    labels: Floats,
    question: Ints | None = None,
    turned: Bools | None = None,
) -> Agreement:
    """Compare judges by their labels, shape (items, judges).

    Args:
        judges: Their names.
        labels: One for each item and judge.
        question: That of each item.
        turned: Which items were shown in both orders; none, where it is not told.
    """
    shared = (~np.isnan(labels)).sum(axis=1) >= 2
    turned = np.zeros(len(labels), dtype=np.bool_) if turned is None else turned
    labels, question = labels[shared], None if question is None else question[shared]
    sharing = np.flatnonzero((~np.isnan(labels)).any(axis=0))
    if len(sharing):
        judges, labels = tuple(judges[at] for at in sharing), labels[:, sharing]
    pairs = list(combinations(range(len(judges)), 2))
    by = np.zeros(len(labels), dtype=np.int64)
    count = 1
    if question is not None and len(question):
        by = np.unique(question, return_inverse=True)[1]
        count = int(by.max()) + 1
    seen = _in_both_orders(labels, by, turned[shared])
    tables = [_crossed(seen.labels[:, i], seen.labels[:, j], seen, count) for i, j in pairs]
    kappas = [_known(kappa(table.sum(axis=0))) for table in tables]
    votes = _votes(seen.labels)
    whole = (votes.sum(axis=1) == len(judges)) & (len(judges) > 1)
    every, full = _sums(votes, seen, count), _sums(votes[whole], some(seen, whole), count)
    return Agreement(
        judges=judges,
        items=len(labels),
        share=_mean([_known(_same(table.sum(axis=0))) for table in tables]),
        kappa=_mean(kappas),
        kappas={(judges[i], judges[j]): k for (i, j), k in zip(pairs, kappas, strict=True)},
        fleiss=_known(_fleiss(full.sum(axis=0))),
        alpha=_known(_alpha(every.sum(axis=0))),
        effective_votes=effective_votes(labels - 0.5) if len(labels) >= FEWEST_SHARED else None,
        kappa_interval=_mean_interval(tables, count),
        fleiss_interval=_interval(_fleiss, full),
        alpha_interval=_interval(_alpha, every),
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """Items in the orders that they were shown in."""

    labels: Floats
    by: Ints
    """The question."""
    weight: Floats
    """A half where the item stands here in both orders."""


def _in_both_orders(labels: Floats, by: Ints, turned: Bools) -> _Seen:
    weight = np.where(turned, 0.5, 1.0)
    return _Seen(
        np.concatenate([labels, 1.0 - labels[turned]]),
        np.concatenate([by, by[turned]]),
        np.concatenate([weight, weight[turned]]),
    )


def _crossed(first: Floats, second: Floats, seen: _Seen, count: int) -> Floats:
    """Return the table of two judges' labels for each question, shape (questions, labels, labels)."""
    both = ~(np.isnan(first) | np.isnan(second))
    kinds, codes = np.unique(np.concatenate([first[both], second[both]]), return_inverse=True)
    size, half = max(len(kinds), 1), int(both.sum())
    cell = (seen.by[both] * size + codes[:half]) * size + codes[half:]
    return add_up(cell, seen.weight[both], count * size**2).reshape(count, size, size)


def kappa(table: Floats) -> Floats:
    """Return Cohen's kappa of tables of shape (..., labels, labels); NaN where it is not defined."""
    total = table.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / total**2
        found = (_same(table) - chance) / (1.0 - chance)
    return np.asarray(np.where(chance < 1.0, found, np.nan))


def _same(table: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.trace(table, axis1=-2, axis2=-1) / table.sum(axis=(-2, -1)))


def _votes(labels: Floats) -> Floats:
    """Return how many judges gave each label to each item, shape (items, labels)."""
    kinds = np.unique(labels[~np.isnan(labels)])
    return np.asarray((labels[:, :, None] == kinds).sum(axis=1), dtype=np.float64)


def _sums(votes: Floats, seen: _Seen, count: int) -> Floats:
    """Return for each question what both coefficients are made of, shape (questions, columns).

    The columns: items, ratings, ordered pairs of one label among the raters of an item divided by the
    other raters, and the ratings of each label; items with one rating tell nothing.
    """
    kept = votes.sum(axis=1) >= 2
    votes, by, weight = votes[kept], seen.by[kept], seen.weight[kept]
    raters = votes.sum(axis=1)
    same = (votes * (votes - 1.0)).sum(axis=1) / (raters - 1.0)
    columns = [np.ones(len(votes)), raters, same, *votes.T]
    return np.stack([add_up(by, weight * column, count) for column in columns], axis=1)


def _alpha(sums: Floats) -> Floats:
    total, same, margins = sums[..., 1], sums[..., 2], sums[..., 3:]
    expected = total**2 - (margins**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 1.0 - (total - 1.0) * (total - same) / expected
    return np.where(expected > 0, found, np.nan)


def _fleiss(sums: Floats) -> Floats:
    total, same, margins = sums[..., 1], sums[..., 2], sums[..., 3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = same / total
        chance = ((margins / total[..., None]) ** 2).sum(axis=-1)
        found = (observed - chance) / (1.0 - chance)
    return np.where(chance < 1.0, found, np.nan)


def _interval(figure: Callable[[Floats], Floats], sums: Floats) -> Interval | None:
    total = sums.sum(axis=0)
    return _around(float(figure(total)), figure(total - sums))


def _mean_interval(tables: list[Floats], count: int) -> Interval | None:
    """Return the interval of the mean kappa over pairs of judges."""
    whole, without, known = 0.0, np.zeros(count), np.zeros(count)
    values = [float(kappa(table.sum(axis=0))) for table in tables]
    for table, value in zip(tables, values, strict=True):
        if not np.isnan(value):
            left = kappa(table.sum(axis=0) - table)
            known += ~np.isnan(left)
            without += np.nan_to_num(left)
    told = [value for value in values if not np.isnan(value)]
    if not told:
        return None
    whole = sum(told) / len(told)
    return _around(whole, without / np.maximum(known, 1.0))


def _around(value: float, without: Floats) -> Interval | None:
    """Return the 95 % interval of a figure from its values without each question."""
    count = len(without)
    if count < LEAST_QUESTIONS or np.isnan(value) or np.isnan(without).any():
        return None
    spread = (count - 1) / count * float(((without - without.mean()) ** 2).sum())
    half = student(count - 1) * spread**0.5
    return value - half, min(value + half, 1.0)


def _known(value: Floats) -> float | None:
    return None if np.isnan(value) else float(value)


def effective_votes(values: Floats) -> float | None:
    """Return how many independent judges carry as much as these: n / (1 + (n - 1) r).

    `r` is the mean over pairs of judges of the correlation of their values about 0, kept within 0
    and 1; this is Kish's design effect for equally correlated observations (Kish 1965, "Survey
    Sampling", section 5.4). With the truth known, give errors (verdict - truth): the result is then
    the number of independent votes. Verdicts themselves (score - 0.5) also share what is truly
    better, so they make the judges look more alike: the result is a cautious lower figure.

    Args:
        values: Shape (items, judges), NaN where a judge did not see the item.

    Returns:
        From 1 to the number of judges; None when no two judges have values to compare.
    """
    judges = values.shape[1]
    found = [_correlation(values[:, i], values[:, j]) for i, j in combinations(range(judges), 2)]
    mean = _mean(found)
    return None if mean is None else judges / (1.0 + (judges - 1) * min(max(mean, 0.0), 1.0))


def _correlation(first: Floats, second: Floats) -> float | None:
    both = ~(np.isnan(first) | np.isnan(second))
    x, y = first[both], second[both]
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / size if size else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
