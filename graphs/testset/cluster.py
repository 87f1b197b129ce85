"""Clusters of prompts by their vectors.

Arena-Hard's filter: prompts and clusters that meet too few of the seven criteria.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np

from ...tools.embedding import Vectors
from ...tools.optional import optional, sklearn
from .prompt import Removed
from .settings import CriteriaSettings

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


CRITERIA = (
    "specificity",
    "domain_knowledge",
    "complexity",
    "problem_solving",
    "creativity",
    "technical_accuracy",
    "real_world",
)
"""In the order of the reply; a prompt's score is how many it meets, 0 to 7."""


def cluster_means(
    labels: Mapping[str, Sequence[str]], clusters: Mapping[str, int]
) -> dict[int, float]:
    """Return the mean score of each cluster's labelled prompts."""
    scores: dict[int, list[int]] = {}
    for id, met in labels.items():
        scores.setdefault(clusters[id], []).append(len(met))
    return {cluster: sum(found) / len(found) for cluster, found in sorted(scores.items())}


def too_plain(
    labels: Mapping[str, Sequence[str]], clusters: Mapping[str, int], settings: CriteriaSettings
) -> list[Removed]:
    """Return the prompts to drop, each with its own reason or its cluster's."""
    means = cluster_means(labels, clusters)
    removed: list[Removed] = []
    for id, met in sorted(labels.items()):
        mean = means[clusters[id]]
        if len(met) < settings.least_prompt:
            detail = f"meets {len(met)} of 7 criteria, {settings.least_prompt:g} asked"
            removed.append(Removed(id, "prompt_score", detail, score=len(met)))
        elif mean < settings.least_cluster:
            detail = (
                f"cluster {clusters[id]} has a mean of {mean:.2f}, {settings.least_cluster:g} asked"
            )
            removed.append(Removed(id, "cluster_score", detail, score=round(mean, 4)))
    return removed
