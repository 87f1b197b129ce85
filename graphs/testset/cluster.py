"""Clusters of prompts by their vectors."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from ...tools.embedding import Vectors
from ...tools.optional import optional, sklearn

MANY = 20_000
"""From here on K-means works on batches."""
_STARTS = 4


def cluster_count(prompts: int) -> int:
    """Return the number of clusters for so many prompts: their square root."""
    return max(1, round(sqrt(prompts)))


def clusters(vectors: Vectors, count: int, seed: int) -> list[int]:
    """Return each row's cluster, numbered from 0 by size; the same rows give the same clusters."""
    if not len(vectors):
        return []
    distinct = len(np.unique(vectors, axis=0))
    count = min(count, distinct)
    # One thread: sums of floats would depend on how the threads share the rows.
    with optional("threadpoolctl", "arenainstruct[arena]").threadpool_limits(1):
        labels = _model(len(vectors), count, seed).fit_predict(vectors)
    return _by_size(labels)


def _model(rows: int, count: int, seed: int) -> Any:
    module = sklearn("cluster")
    kind = module.MiniBatchKMeans if rows >= MANY else module.KMeans
    return kind(count, n_init=_STARTS, random_state=seed)


def _by_size(labels: Sequence[int]) -> list[int]:
    names, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = sorted(range(len(names)), key=lambda i: (-sizes[i], first[i]))
    number = {names[i]: place for place, i in enumerate(order)}
    return [number[label] for label in labels]


def keywords(texts: Sequence[str], labels: Sequence[int], count: int = 4) -> dict[int, list[str]]:
    """Return the words that set each cluster apart, most telling first; empty for texts of no words."""
    joined: dict[int, list[str]] = {}
    for text, label in zip(texts, labels, strict=True):
        joined.setdefault(label, []).append(text)
    documents = [" ".join(joined[label]) for label in sorted(joined)]
    vectorizer = sklearn("feature_extraction.text").TfidfVectorizer(
        stop_words="english", token_pattern=r"(?u)\b[^\W\d_]{3,}\b", sublinear_tf=True
    )
    try:
        weights = vectorizer.fit_transform(documents).toarray()
    except ValueError:  # no word is left
        return {label: [] for label in joined}
    words = vectorizer.get_feature_names_out()
    return {
        label: [str(words[i]) for i in np.argsort(-row, kind="stable")[:count] if row[i] > 0]
        for label, row in zip(sorted(joined), weights, strict=True)
    }
