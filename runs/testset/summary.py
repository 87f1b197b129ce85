"""What a person reads after a test set was made, or rules were compared."""

from collections.abc import Sequence

from ...graphs.testset.prompt import Removed
from ...tools.decontamination.compare import Comparison
from .prompts import told_empty
from .result import SetResult

SHOWN = 12
"""Clusters listed."""
EXCERPT = 90
"""Characters of a text shown in an example."""
_WHY = {
    "duplicate": "near an earlier prompt",
    "contaminated": "found in training rows",
    "shared_passage": "with a passage of training rows, which ask other things about it",
    "prompt_score": "with too few criteria met",
    "cluster_score": "in a cluster with too few criteria met",
    "unrated": "without a usable rating",
    "unlabelled": "without usable labels",
}


def summary(result: SetResult) -> str:
    """Return a page: what was chosen, from which clusters and categories, what was left out and why."""
    parts = [_head(result), _categories(result), _clusters(result), _removed(result), _cost(result)]
    return "\n\n".join(part for part in parts if part)


def _head(result: SetResult) -> str:
    parts, asked = result.parts(), result.asked
    if asked.clean:
        return f"Clean: {parts['all']} of {len(result.prompts)} prompts"
    lines = [
        f"Test set: {parts['all']} of {len(result.prompts)} prompts "
        f"({parts['diverse']} diverse, {parts['hard']} hard)"
    ]
    for name, count in result.missing().items():
        if count:
            wanted = {"diverse": asked.diverse, "hard": asked.hard}[name]
            lines.append(f"  {count} {name} fewer than asked ({wanted}): {_shortage(result, name)}")
    levels = [
        c.difficulty for c in result.chosen if c.difficulty is not None and c.part != "diverse"
    ]
    if levels:
        lines.append(f"  difficulty of the hard part: {min(levels):.1f} to {max(levels):.1f} of 10")
    scores = [len(c.criteria) for c in result.chosen if c.criteria is not None]
    if scores:
        mean = sum(scores) / len(scores)
        lines.append(f"  Arena-Hard criteria met: {mean:.1f} of 7 on average")
    return "\n".join(lines)


def _shortage(result: SetResult, part: str) -> str:
    unrated = sum(removed.reason == "unrated" for removed in result.removed)
    if part == "hard" and unrated:
        return f"{unrated} prompts could not be rated"
    return f"of {len(result.prompts)} prompts {result.clean()} were left to draw from"


def _categories(result: SetResult) -> str:
    rows = result.categories()
    if not rows:
        return ""
    lost = result.lost()
    told = f"lost: {', '.join(lost)}" if lost else "every one is kept"
    lines = [f"Categories: {len(rows)}, {told}"]
    return "\n".join(
        lines + [f"  {row['chosen']:>5} of {row['given']:<5} {row['category']}" for row in rows]
    )


def _clusters(result: SetResult) -> str:
    if not result.clusters:
        return ""
    met = sum(fact.chosen > 0 for fact in result.clusters)
    lines = [f"Clusters: {len(result.clusters)}, {met} of them met"]
    lines += [
        f"  {fact.chosen:>5} of {fact.size:<5} {fact.cluster:>3}: {', '.join(fact.words)}"
        for fact in result.clusters[:SHOWN]
    ]
    if len(result.clusters) > SHOWN:
        lines.append(f"  … and {len(result.clusters) - SHOWN} smaller ones")
    return "\n".join(lines)


def _removed(result: SetResult) -> str:
    lines = [
        "Repeats: the same but for case and spaces, or characters alike by "
        f"{result.near_duplicate:g} or more (testset.near_duplicate) unless numbers, names or rare words "
        "differ"
    ]
    if result.rules:
        rules = ", ".join(f"{name} ≥ {least:g}" for name, least in result.rules)
        lines.append(f"Compared with {result.training_texts} training texts by {rules}")
    if result.empty:
        lines.append(told_empty(result.empty))
    lines.append(f"Left out: {len(result.removed)} of {len(result.prompts)}")
    examples = result.examples()
    for name, count in result.removed_by().items():
        lines += [_counted(examples[name], count), *_example(examples[name])]
    if any(removed.reason == "shared_passage" for removed in result.removed):
        lines.append("  --keep-shared-passages keeps those whose passage alone is in training rows")
    if result.shared:
        lines.append(
            f"Kept: {len(result.shared)} that share a passage with training rows "
            "(shares_passage names the row)"
        )
        lines += _example(result.shared[0])
    return "\n".join(lines)


def _counted(removed: Removed, count: int) -> str:
    return f"  {count:>5} {_WHY[removed.reason]}{f' ({removed.rule})' if removed.rule else ''}"


def _example(removed: Removed) -> list[str]:
    told = "least sure" if removed.rule else "one of them"
    lines = [f"        {told}: {removed.id} {removed.detail}"]
    if removed.text:
        lines.append(f"          {_short(removed.text)}")
    if removed.matched_text:
        lines.append(f"        ~ {_short(removed.matched_text)}")
    return lines


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[:EXCERPT] + "…"


def _cost(result: SetResult) -> str:
    calls = result.calls
    return (
        f"Cost: {calls['paid']} calls paid, {calls['served']} served from the ledger, "
        f"{calls['failed']} failed; {result.usd:.4f} USD"
    )


def table(comparisons: Sequence[Comparison], pairs: int) -> str:
    """Return rules side by side: recall at fixed false-positive rates, and at their own thresholds."""
    rates = [point.rate for point in comparisons[0].points]
    head = "".join(f"{f'recall at {rate:.1%} FP':>25}" for rate in rates)
    lines = [
        f"{pairs} pairs; a false positive is a text whose nearest row of another pair is taken",
        f"{'rule':<12}{head}{'at its own threshold':>34}{'time':>9}",
    ]
    for found in comparisons:
        cells = "".join(f"{f'{p.recall:.1%} (≥ {p.threshold:.3f})':>25}" for p in found.points)
        own = f"{found.own_recall:.1%}, {found.own_rate:.1%} FP (≥ {found.own_threshold:g})"
        lines.append(f"{found.rule:<12}{cells}{own:>34}{found.seconds:>7.1f} s")
    return "\n".join(lines)
