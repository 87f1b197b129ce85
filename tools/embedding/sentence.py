"""Embeddings of a local sentence-transformers model; the package is imported only for it."""

import asyncio
from collections.abc import Sequence

import numpy as np

from ..optional import optional
from .embedder import Vectors, unit_rows


class SentenceEmbedder:
    """A model by its name on the hub or its folder, such as `thenlper/gte-large`."""

    def __init__(self, model: str, batch: int = 32) -> None:
        """Load the model.

        Raises:
            ValueError: the package is not installed, or there is no such model.
        """
        self._batch = batch
        package = optional("sentence_transformers", "sentence-transformers")
        try:
            self._model = package.SentenceTransformer(model)
        except OSError as error:
            raise ValueError(f"sentence-transformers model {model!r}: {error}") from error

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors; a text longer than the model reads is cut by the model."""
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: list[str]) -> Vectors:
        return unit_rows(self._model.encode(texts, batch_size=self._batch, show_progress_bar=False))
