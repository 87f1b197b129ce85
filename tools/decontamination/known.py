"""Texts that are known, such as a benchmark's rows, asked about one text at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..optional import sklearn
from .cosine import FEATURES
from .ngrams import FEATURES_MOST, NgramMatrix, presence, same_words


@dataclass(frozen=True, slots=True)
class Found:
    """The row that a text is found in."""

    place: str
    rule: str
    score: float
    enough: float

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.place} ({self.rule} {self.score:.2f}, {self.enough:g} is enough)"


class KnownTexts:
    """Rows by two rules: shared word 8-grams, and TF-IDF of characters weighted by the rows alone.

    So what is said of a text hangs on no other text.
    """

    def __init__(
        self, rows: Sequence[tuple[str, str]], overlap: float | None, likeness: float | None
    ) -> None:
        """Take rows in, as (place, text).

        Args:
            rows: What is known.
            overlap: Share of the shorter text's 8-grams from which it is found; None: not asked.
            likeness: Cosine from which it is found; None: not asked.

        Raises:
            ValueError: scikit-learn is absent.
        """
        self._places = [place for place, _ in rows]
        texts = [text for _, text in rows]
        self._overlap, self._likeness = overlap, likeness
        self._same = same_words(texts)
        self._words = presence("word", (8, 8), FEATURES_MOST)
        self._characters = presence("char", (3, 5), FEATURES)
        if texts and overlap is not None:
            self._grams = NgramMatrix(self._words.transform(texts))
        if texts and likeness is not None:
            self._weigh(texts)

    def _weigh(self, texts: Sequence[str]) -> None:
        rows = self._characters.transform(texts)
        often = np.bincount(rows.indices, minlength=FEATURES)
        self._weights = np.asarray(np.log((1 + len(texts)) / (1 + often)) + 1, dtype=np.float32)
        self._rows = self._weighted(rows)

    def find(self, text: str) -> Found | None:
        """Return the row that holds a text, is held by it or says the same; None where none does."""
        if not self._places or not text.strip():
            return None
        if (row := self._same(text)) is not None:
            return Found(self._places[row], "the same words", 1.0, 1.0)
        if self._overlap is not None:
            shared = self._grams.shares(self._words.transform([text]))
            if found := self._best(shared, self._overlap, "8-gram"):
                return found
        if self._likeness is None:
            return None
        asked = self._weighted(self._characters.transform([text]))
        cosines = (self._rows @ asked.T).toarray()[:, 0]
        return self._best(cosines, self._likeness, "char-tfidf")

    def _best(
        self, scores: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", enough: float, rule: str
    ) -> Found | None:
        row = int(scores.argmax())
        score = float(scores[row])
        return Found(self._places[row], rule, score, enough) if score >= enough else None

    def _weighted(self, present: Any) -> Any:
        weighted = present.copy()
        weighted.data = weighted.data * self._weights[weighted.indices]
        return sklearn("preprocessing").normalize(weighted, copy=False)
