"""Texts to vectors behind one small interface: `await embedder.embed(texts)`, one unit row a text.

`TfidfEmbedder` needs no weights and is the default; `SentenceEmbedder` loads a local
sentence-transformers model. An endpoint's embeddings go through the door to models
(`agents.models.embedding`), since they are paid calls.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .optional import optional, sklearn

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors whose dot product tells how alike the texts are, at most 1."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors, shape (texts, dimensions), each of length 1 (0 for an empty text)."""
        ...


def unit_rows(matrix: npt.ArrayLike) -> Vectors:
    """Return the rows scaled to length 1; a row of zeros stays one."""
    rows = np.asarray(matrix, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


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


FEATURES = 2**16
_TOKEN = r"(?u)[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\w+"
"""A word; in scripts without spaces each character is one, or a sentence would be one word."""


class TfidfEmbedder:
    """Hashed TF-IDF of words and word pairs, reduced by truncated SVD: no weights are needed.

    The vectors are fitted on the texts given, so compare only vectors of one call. The same texts in
    the same order give the same vectors.
    """

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
