"""Whether judges agree, beyond chance, and how many independent votes they are really worth.

Labels are 1 (model_a), 0.5 (tie), 0 (model_b), NaN where a judge did not see the item. Which model
is called a is arbitrary, so `agreement` counts each item in both orientations: no figure changes
when sides are swapped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .table import Floats, score_of

FEWEST_SHARED = 30
"""Battles that judges must share before their correlation tells how many votes they are worth: over
fewer its error (about 1 in the square root of their number) leaves nearly any number open."""

Vote = tuple[str, str, str, str, str | float]
"""judge, question id, model_a, model_b, winner."""


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
    alpha: float | None
    """Krippendorff's alpha, nominal."""
    effective_votes: float | None
    """None also where judges share fewer than FEWEST_SHARED battles."""


def agreement(votes: Iterable[Vote]) -> Agreement:
    """Compare the verdicts of several judges on the same question and pair, in either order."""
    return compare(*label_matrix(votes))


def compare(judges: tuple[str, ...], labels: Floats) -> Agreement:
    """Compare judges by their labels, shape (items, judges)."""
    labels = labels[(~np.isnan(labels)).sum(axis=1) >= 2]
    sharing = np.flatnonzero((~np.isnan(labels)).any(axis=0))
    if len(sharing):
        judges, labels = tuple(judges[at] for at in sharing), labels[:, sharing]
    both = np.vstack([labels, 1.0 - labels])
    pairs = list(combinations(range(len(judges)), 2))
    kappas = [cohen_kappa(both[:, i], both[:, j]) for i, j in pairs]
    return Agreement(
        judges=judges,
        items=len(labels),
        share=_mean([_share(both[:, i], both[:, j]) for i, j in pairs]),
        kappa=_mean(kappas),
        kappas={(judges[i], judges[j]): k for (i, j), k in zip(pairs, kappas, strict=True)},
        alpha=krippendorff_alpha(both),
        effective_votes=effective_votes(labels - 0.5) if len(labels) >= FEWEST_SHARED else None,
    )


def label_matrix(votes: Iterable[Vote]) -> tuple[tuple[str, ...], Floats]:
    """Return the judges, sorted, and their labels, shape (items, judges).

    An item is a question and an unordered pair. A judge who decided it more than once (both orders,
    say) gets the side that won most; even is a tie.
    """
    seen: dict[tuple[str, str, str], dict[str, list[float]]] = {}
    for row, (judge, question, model_a, model_b, winner) in enumerate(votes, start=1):
        score = score_of(winner, row)
        low, high = sorted((model_a, model_b))
        cast = seen.setdefault((question, low, high), {}).setdefault(judge, [])
        cast.append(score if low == model_a else 1.0 - score)
    judges = tuple(sorted({judge for cast in seen.values() for judge in cast}))
    labels = np.full((len(seen), len(judges)), np.nan)
    number = {judge: at for at, judge in enumerate(judges)}
    for item, cast_by in enumerate(seen.values()):
        for judge, scores in cast_by.items():
            labels[item, number[judge]] = _label(scores)
    return judges, labels


def _label(scores: list[float]) -> float:
    lead = round(sum(scores) / len(scores) - 0.5, 9)
    return 1.0 if lead > 0 else 0.0 if lead < 0 else 0.5


def cohen_kappa(first: Floats, second: Floats) -> float | None:
    """Return Cohen's kappa of two judges over the items both labelled.

    None without such items, or when both always give one and the same label.
    """
    both = ~(np.isnan(first) | np.isnan(second))
    x, y = first[both], second[both]
    if not len(x):
        return None
    chance = sum(float((x == c).mean() * (y == c).mean()) for c in np.union1d(x, y))
    return None if chance >= 1.0 else (float((x == y).mean()) - chance) / (1.0 - chance)


def krippendorff_alpha(labels: Floats) -> float | None:
    """Return Krippendorff's alpha for nominal labels, shape (items, judges), NaN for missing.

    1 - observed / expected disagreement over the coincidence matrix (Krippendorff 2011, "Computing
    Krippendorff's Alpha-Reliability"). None when fewer than two labels occur.
    """
    kinds = np.unique(labels[~np.isnan(labels)])
    counts = (labels[:, :, None] == kinds).sum(axis=1).astype(np.float64)
    counts = counts[counts.sum(axis=1) >= 2]
    raters = counts.sum(axis=1)
    same = float((counts * (counts - 1.0) / (raters - 1.0)[:, None]).sum())
    total, margins = float(raters.sum()), counts.sum(axis=0)
    expected = total**2 - float((margins**2).sum())
    if expected <= 0:
        return None
    return 1.0 - (total - 1.0) * (total - same) / expected


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


def _share(first: Floats, second: Floats) -> float | None:
    both = ~(np.isnan(first) | np.isnan(second))
    return float((first[both] == second[both]).mean()) if both.any() else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
