"""What every embedder is: one coroutine from texts to unit vectors."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

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
