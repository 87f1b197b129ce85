"""Measures rules on pairs of texts that say the same: how many pairs found, at what price."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .rule import Rule, Scores

RATES = (0.001, 0.01, 0.05)
"""False-positive rates at which recall is told."""


@dataclass(frozen=True, slots=True)
class Point:
    """Recall at one false-positive rate."""

    rate: float
    """At most this share of the texts has another pair's row at or above the threshold."""
    threshold: float
    recall: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One rule on a set of pairs."""

    rule: str
    points: tuple[Point, ...]
    own_threshold: float
    own_recall: float
    own_rate: float
    """Recall and false-positive rate at the rule's own threshold."""
    seconds: float


async def compare(rules: Sequence[Rule], pairs: Sequence[tuple[str, str]]) -> list[Comparison]:
    """Return each rule's recall of the pairs at fixed false-positive rates.

    A false positive is a text whose nearest row of *another* pair reaches the threshold.
    """
    return [await _measure(rule, pairs) for rule in rules]


async def _measure(rule: Rule, pairs: Sequence[tuple[str, str]]) -> Comparison:
    started = time.perf_counter()
    own, other = await _scores(rule, [a for a, _ in pairs], [b for _, b in pairs])
    return Comparison(
        rule=rule.name,
        points=tuple(_point(own, other, rate) for rate in RATES),
        own_threshold=rule.threshold,
        own_recall=_share(own >= rule.threshold),
        own_rate=_share(other >= rule.threshold),
        seconds=round(time.perf_counter() - started, 2),
    )


async def _scores(rule: Rule, texts: list[str], rows: list[str]) -> tuple[Scores, Scores]:
    """Return each text's score with its own row, and with the nearest row of another pair."""
    own = np.zeros(len(texts), dtype=np.float32)
    other = np.zeros(len(texts), dtype=np.float32)
    start = 0
    async for block in rule.blocks(texts, rows):
        scores = block.copy()
        here = np.arange(start, start + scores.shape[1])
        own[here] = scores[here, here - start]
        scores[here, here - start] = 0
        np.maximum(other, scores.max(axis=1), out=other)
        start += scores.shape[1]
    return own, other


def _point(own: Scores, other: Scores, rate: float) -> Point:
    """Return the lowest threshold that keeps the rate, and the recall at it."""
    allowed = int(rate * len(other) + 1e-9)
    worst = np.sort(other)[::-1]
    # Just above the first score that may no longer count; nothing is found at a score of 0.
    limit = worst[allowed] if allowed < len(worst) else np.float32(0)
    threshold = np.nextafter(np.float32(limit), np.float32(2))
    return Point(rate, round(float(threshold), 4), _share(own >= threshold))


def _share(found: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> float:
    return round(float(found.mean()), 4) if len(found) else 0.0
