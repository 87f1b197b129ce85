"""Word n-grams shared: containment in both directions, and the Jaccard similarity that MinHash estimates.

Texts as n-grams that are there or not, however often: what the rules compare.
"""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..minhash import signature
from ..optional import optional, sklearn
from .rule import Scores, spans

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
_LONGEST = 20_000


def plain(text: str) -> str:
    """Return a text in lower case with compatible characters and quotes unified, cut when very long."""
    return unicodedata.normalize("NFKC", text[:_LONGEST]).translate(_QUOTES).lower()


def presence(analyzer: str, ngrams: tuple[int, int], features: int) -> Any:
    """Return scikit-learn's vectoriser of texts into sparse rows of 0 and 1, shape (texts, features).

    Args:
        analyzer: `word`, or `char` and the like as scikit-learn names them.
        ngrams: Shortest and longest n.
        features: Places that n-grams are hashed to.
    """
    return sklearn("feature_extraction.text").HashingVectorizer(
        analyzer=analyzer,
        ngram_range=ngrams,
        token_pattern=r"(?u)\w+" if analyzer == "word" else None,
        preprocessor=plain,
        n_features=features,
        alternate_sign=False,
        binary=True,
        norm=None,
        dtype=np.float32,
    )


Places = npt.NDArray[np.integer[Any]]
FEATURES_MOST = 2**31 - 1
"""Two n-grams must hardly ever share a place: one chance hit would be a large share of a short text."""
LEAST = 4
"""N-grams a text needs before its containment counts: a short phrase stands in many texts."""


class NgramRule:
    """The larger share of n-grams of one text that the other holds; identical texts score 1."""

    def __init__(self, size: int = 8, threshold: float = 0.5) -> None:
        self.name = f"{size}-gram"
        self.threshold = threshold
        self._vectorizer = presence("word", (size, size), FEATURES_MOST)

    async def blocks(self, texts: Sequence[str], rows: Sequence[str]) -> AsyncIterator[Scores]:
        """Yield the containment, block by block."""
        own = await asyncio.to_thread(self._vectorizer.transform, list(texts))
        columns = np.unique(own.indices)
        words = [_words(text) for text in texts]
        for span in spans(len(rows)):
            scores = await asyncio.to_thread(self._scores, own, columns, rows[span])
            yield np.maximum(scores, _same(words, [_words(row) for row in rows[span]]))

    def _scores(self, own: Any, columns: Places, rows: Sequence[str]) -> Scores:
        other = self._vectorizer.transform(rows)
        shared = (_within(own, columns) @ _within(other, columns).T).toarray()
        fewer = np.minimum(_sizes(own)[:, None], _sizes(other)[None, :])
        return np.asarray(shared / fewer, dtype=np.float32)


class NgramMatrix:
    """N-grams of rows that are there, for one text after another."""

    def __init__(self, rows: Any) -> None:
        self._columns = np.unique(rows.indices)
        self._rows, self._row_sizes = _within(rows, self._columns), _sizes(rows)

    def shares(self, text: Any) -> Scores:
        """Return with each row the larger share of n-grams that one holds of the other."""
        shared = (self._rows @ _within(text, self._columns).T).toarray()[:, 0]
        return np.asarray(shared / np.minimum(self._row_sizes, _sizes(text)), dtype=np.float32)


def same_words(rows: Sequence[str]) -> Callable[[str], int | None]:
    """Return what tells of a text the first row that is the same but for case and spaces."""
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        places.setdefault(_words(row), place)
    return lambda text: places.get(_words(text))


def _within(present: Any, columns: Places) -> Any:
    """Return a matrix with these columns alone: a product over all of them would need gigabytes."""
    places = np.searchsorted(columns, present.indices)
    known = np.zeros(len(present.indices), dtype=np.bool_)
    inside = places < len(columns)
    known[inside] = columns[places[inside]] == present.indices[inside]
    before = np.concatenate([[0], np.cumsum(known)])
    sparse = optional("scipy.sparse", "arenainstruct[arena]")
    return sparse.csr_matrix(
        (present.data[known], places[known], before[present.indptr]),
        shape=(present.shape[0], max(1, len(columns))),
    )


def _sizes(present: Any) -> Scores:
    """Return the number of n-grams of each text; too few count as endless, so they contain nothing."""
    sizes = np.diff(present.indptr).astype(np.float32)
    return np.where(sizes >= LEAST, sizes, np.float32(np.inf))


def _words(text: str) -> str:
    return " ".join(plain(text).split())


def _same(texts: list[str], rows: list[str]) -> Scores:
    """Return 1 where a text and a row are the same but for case and spaces, else 0."""
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row, []).append(place)
    scores = np.zeros((len(texts), len(rows)), dtype=np.float32)
    for number, text in enumerate(texts):
        if text:
            scores[number, places.get(text, [])] = 1
    return scores


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
