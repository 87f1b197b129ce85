"""Arena-Hard's filter: prompts and clusters that meet too few of the seven criteria."""

from collections.abc import Mapping, Sequence

from .prompt import Removed
from .settings import CriteriaSettings

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
