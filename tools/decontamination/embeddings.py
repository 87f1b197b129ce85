"""Cosine of embeddings, of whichever embedder is given."""

from collections.abc import AsyncIterator, Sequence

import numpy as np

from ..embedding.embedder import Embedder
from .rule import Scores, spans


class EmbeddingRule:
    """How near two texts are to an embedding model; 0.82 fits small sentence-transformers models.

    All texts and rows are embedded in one call, since some embedders fit on what they get.
    """

    def __init__(
        self, embedder: Embedder, threshold: float = 0.82, *, name: str = "embedding"
    ) -> None:
        self.name = name
        self.threshold = threshold
        self._embedder = embedder

    async def blocks(self, texts: Sequence[str], rows: Sequence[str]) -> AsyncIterator[Scores]:
        """Yield the cosines, block by block; a negative one counts as 0."""
        vectors = await self._embedder.embed([*texts, *rows])
        left, right = vectors[: len(texts)], vectors[len(texts) :]
        for span in spans(len(rows)):
            yield np.maximum(left @ right[span].T, np.float32(0))
