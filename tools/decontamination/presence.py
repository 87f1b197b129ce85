"""Texts as n-grams that are there or not, however often: what the rules compare."""

import unicodedata
from typing import Any

import numpy as np

from ..optional import sklearn

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
