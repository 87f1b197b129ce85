"""Embeddings without weights: hashed TF-IDF of words and word pairs, reduced by truncated SVD.

The vectors are fitted on the texts given, so compare only vectors of one call. The same texts in the
same order give the same vectors.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..optional import sklearn
from .embedder import Vectors, unit_rows

FEATURES = 2**16
_TOKEN = r"(?u)[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\w+"
"""A word; in scripts without spaces each character is one, or a sentence would be one word."""


class TfidfEmbedder:
    """Latent semantic analysis of the texts given."""

    def __init__(self, dimensions: int = 256) -> None:
        """Set the number of dimensions at most; few texts have fewer.

        Raises:
            ValueError: scikit-learn is not installed.
        """
        self._dimensions = dimensions
        self._text = sklearn("feature_extraction.text")
        self._decomposition = sklearn("decomposition")

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts that are to be compared with each other."""
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        weights = _occupied(self._weights(texts))
        # The SVD needs more texts than dimensions; two or three texts are their own space.
        size = min(self._dimensions, len(texts) - 1, weights.shape[1] - 1)
        if size < 2:
            return unit_rows(weights.toarray())
        svd = self._decomposition.TruncatedSVD(size, n_iter=2, random_state=0)
        return unit_rows(svd.fit_transform(weights))

    def _weights(self, texts: list[str]) -> Any:
        counts = self._text.HashingVectorizer(
            ngram_range=(1, 2),
            token_pattern=_TOKEN,
            n_features=FEATURES,
            alternate_sign=False,
            norm=None,
            dtype=np.float32,
        ).transform(texts)
        return self._text.TfidfTransformer(sublinear_tf=True).fit_transform(counts)


def _occupied(weights: Any) -> Any:
    """Return the columns in use: the time of the SVD grows with the others too."""
    columns = np.unique(weights.indices)
    return weights[:, columns if len(columns) > 1 else [0, 1]]
