"""MinHash: the estimated Jaccard similarity of word n-grams."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np

from ..minhash import signature
from .rule import Scores, spans


class MinHashRule:
    """What the seeds' and tasks' duplicate gates use, here as a rule to compare with."""

    def __init__(self, threshold: float = 0.5, *, shingle: int = 3, permutations: int = 128):
        self.name = "minhash"
        self.threshold = threshold
        self._shingle = shingle
        self._permutations = permutations

    async def blocks(self, texts: Sequence[str], rows: Sequence[str]) -> AsyncIterator[Scores]:
        """Yield the estimated similarities, block by block."""
        left = await asyncio.to_thread(self._signatures, texts)
        for span in spans(len(rows)):
            right = await asyncio.to_thread(self._signatures, rows[span])
            yield await asyncio.to_thread(_similarity, left, right)

    def _signatures(
        self, texts: Sequence[str]
    ) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint32]]]:
        return [signature(t, self._permutations, shingle=self._shingle) for t in texts]


def _similarity(left: Sequence[object], right: Sequence[object]) -> Scores:
    rows = np.asarray(right, dtype=np.uint32)
    return np.stack([(rows == one).mean(axis=1, dtype=np.float32) for one in left])
