"""What a person reads below the leaderboard of an arena."""

from collections.abc import Iterator
from typing import Any

from ..screen.judging import failure_lines, judging_lines
from ..testset.prompts import told_empty
from .report import is_tie

ORDERS = 2
"""Games that stand for a battle that was decided without the jury."""
_WHY = {"identical": "the answers are the same, a tie", "checker": "a checker tells who is right"}
LONGEST = 200
"""Characters of a detail."""


def summary(data: dict[str, Any]) -> str:
    """Return the order with its confidence, how much was played, what it cost, and where it is."""
    parts = (_played, _order, judging_lines, _cost, _saving, _files)
    return "\n".join(["", *(line for part in parts for line in part(data))])


def _played(data: dict[str, Any]) -> list[str]:
    design, counts = data["design"], data["counts"]
    settled = {by: n for by, n in counts["decided_by"].items() if by != "jury"}
    unasked = sum(settled.values())
    return [
        f"{data['matchmaking']}: {design['played']} of {design['battles']} battles "
        f"({design['share']:.1%}) of {design['models']} models on {design['questions']} questions; "
        f"{data['reason']}",
        f"{counts['battles']} got a verdict, {counts['games'] - ORDERS * unasked} games were judged",
        *(f"  {n} battles were decided without the jury: {_WHY[by]}" for by, n in settled.items()),
        *unjudged_lines(data),
        *filter(None, [told_empty(data["empty_rows"])]),
    ]


def _order(data: dict[str, Any]) -> list[str]:
    if not data["models"]:
        return ["Order: none, since no game was judged"]
    if data["all_tied"]:
        return ["No order: all tie, the verdicts do not separate the models"]
    whole = data["design"]["judged"] == data["design"]["battles"]
    lines = [f"Order: {_ranked(data)}"]
    if not data["separability"]:
        lines.append("  not separable: the intervals of no two models lie apart")
    if data["unranked"]:
        lines.append(f"  without {', '.join(data['unranked'])}: no game of theirs was judged")
    if data["confidence"] is None:
        lines.append(
            "  by the ratings above; to be told how sure it is, leave arena.aggregation out"
        )
    elif not whole:
        lines += [
            f"  is what verdicts on all {'of their ' if data['unranked'] else ''}battles would give, "
            f"with a probability of at least {data['confidence']:.3f}; what was not judged is predicted:",
            *(
                f"  {row['model']:<24} expected {row['expected']:6.0f}   "
                f"by games {row['rating']:6.0f}"
                for row in data["models"]
            ),
        ]
    return lines


def _ranked(data: dict[str, Any]) -> str:
    """Return the models, best first; those that tie are equal."""
    rating = {row["model"]: row.get("expected", row["rating"]) for row in data["models"]}
    told, before = "", None
    for model in data["order"]:
        mark = "" if before is None else " = " if is_tie(before, rating[model]) else " > "
        told, before = f"{told}{mark}{model}", rating[model]
    return told


def _cost(data: dict[str, Any]) -> list[str]:
    cost, calls = data["cost"], data["calls"]
    line = (
        f"Cost: {cost['calls']} calls, {cost['usd']:.4f} USD "
        f"({calls['paid']} paid now, {calls['served']} needed again and served from the ledger, "
        f"{calls['failed']} failed)"
    )
    per = cost["judge_calls_per_decided_battle"]
    if per is None:
        return [line]
    return [
        line,
        f"Per decided battle: {per:.2f} judge calls, "
        f"{cost['judge_usd_per_decided_battle']:.6f} USD for judging, "
        f"{cost['usd_per_decided_battle']:.6f} USD in all",
    ]


def _saving(data: dict[str, Any]) -> list[str]:
    saving = data.get("saving")
    if not saving:
        return []
    return [
        f"Saving: a round robin as sure of its order would take about "
        f"{saving['round_robin_battles']} battles; {data['matchmaking']} spared {saving['share']:.0%} "
        f"of them: {saving['judge_calls']} judge calls, {saving['usd']:.4f} USD"
    ]


def _files(data: dict[str, Any]) -> list[str]:
    path = data["path"]
    return [f"Games: {path}/dataset/games (arenainstruct leaderboard {path}/dataset/games)"]


def unjudged_lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield the same for a reader."""
    missing, tried = data["unjudged"]["battles"], data["design"]["played"]
    if missing:
        yield f"{missing} of {tried} battles got no verdict"
    yield from failure_lines(data["jurors"])
    for kind in data["unjudged"]["reasons"]:
        detail = _printable(kind["first"])
        yield f"  failed: {kind['count']} {kind['stage']}/{kind['reason']}, the first: {detail}"
    if data["status"] == "completed" and data["unjudged"]["reasons"]:
        yield (
            f"  to ask again for what failed alone: the same command with --run-id {data['run_id']}, "
            "and with any --set that is named above"
        )


def _printable(text: str) -> str:
    """Return a text in one line that cannot command a terminal."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
