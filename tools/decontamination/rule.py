"""What every rule is: scores of texts against rows, in blocks of rows so that memory stays bounded."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
BLOCK = 8192
"""Rows scored at a time: 1,000 texts against a block take 32 MB."""


class Rule(Protocol):
    """Scores how much a text and a row are the same, 0 to 1, whichever of them came first."""

    name: str
    threshold: float
    """From here on a pair counts as the same."""

    def blocks(self, texts: Sequence[str], rows: Sequence[str]) -> AsyncIterator[Scores]:
        """Yield the scores of all texts against successive rows, shape (texts, rows of the block)."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """A text's nearest row under a rule."""

    row: int
    """Its place among the rows; -1 where there are none."""
    score: float


async def nearest(
    rule: Rule, texts: Sequence[str], rows: Sequence[str], *, earlier_only: bool = False
) -> list[Match]:
    """Return each text's nearest row; the first of equal ones.

    With `earlier_only` the rows are the texts themselves and each is compared with those before it.
    """
    if not texts or not rows:
        return [Match(-1, 0.0) for _ in texts]
    best = np.zeros(len(texts), dtype=np.float32)
    where = np.full(len(texts), -1)
    start = 0
    async for scores in rule.blocks(texts, rows):
        if earlier_only:
            later = np.arange(start, start + scores.shape[1]) >= np.arange(len(texts))[:, None]
            scores = np.where(later, np.float32(0), scores)
        top = scores.argmax(axis=1)
        value = scores[np.arange(len(texts)), top]
        better = value > best
        where[better], best[better] = start + top[better], value[better]
        start += scores.shape[1]
    return [Match(int(row), round(float(score), 4)) for row, score in zip(where, best, strict=True)]


async def reaching(rule: Rule, texts: Sequence[str], rows: Sequence[str]) -> list[list[int]]:
    """Return the places of all rows that reach the rule's threshold, for each text."""
    found: list[list[int]] = [[] for _ in texts]
    if not texts or not rows:
        return found
    start = 0
    async for scores in rule.blocks(texts, rows):
        for text, row in zip(*np.nonzero(scores >= rule.threshold), strict=True):
            found[text].append(start + int(row))
        start += scores.shape[1]
    return found


def spans(count: int) -> list[slice]:
    """Return the slices that cut so many rows into blocks."""
    return [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]
