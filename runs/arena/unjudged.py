"""Battles without a verdict: how many, and what failed."""

from collections.abc import Iterable, Iterator
from typing import Any

from ...agents.records import Reject

LONGEST = 200
"""Characters of a detail in the summary."""


def unjudged(battles: int, rejects: Iterable[Reject]) -> dict[str, Any]:
    """Return the number of battles without a verdict, and what failed by stage and reason.

    A battle fails with its parts, so a lost answer and each lost game are counted as well.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for reject in rejects:
        kind = {"stage": reject.stage, "reason": reject.reason, "count": 0, "first": reject.detail}
        found.setdefault((reject.stage, reject.reason), kind)["count"] += 1
    reasons = sorted(found.values(), key=lambda kind: (-kind["count"], kind["stage"]))
    return {"battles": battles, "reasons": reasons}


def unjudged_lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield the same for a reader."""
    missing, tried = data["unjudged"]["battles"], data["design"]["played"]
    if missing:
        yield f"{missing} of {tried} battles got no verdict"
    for kind in data["unjudged"]["reasons"]:
        detail = _printable(kind["first"])
        yield f"  failed: {kind['count']} {kind['stage']}/{kind['reason']}, the first: {detail}"


def _printable(text: str) -> str:
    """Return a text in one line that cannot command a terminal."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
