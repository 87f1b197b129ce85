"""What a person reads at the end of a run."""

import shutil
from textwrap import wrap
from typing import Any

from .program import program
from .result import RunResult

SHOWN = 8
"""Reject reasons listed in full."""
CHANGES = 5
"""Policy changes listed in full."""


def summary(result: RunResult) -> str:
    """Return a page: what was made, ratings, what the policy learned, cost, and where to go next."""
    parts = [
        _head(result),
        _made(result.counts),
        _ratings(result.ratings),
        _changes(result.policy_changes),
        _cost(result),
        _next(result),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(result: RunResult) -> str:
    return f"{result.run_id}: {result.status}\n  {result.reason}"


def _made(counts: dict[str, Any]) -> str:
    kinds = ("seed", "passage", "draft", "instruction", "battle", "sft", "preference", "reject")
    lines = ["Made"] + [f"  {counts[kind]:>7,}  {_MADE[kind]}" for kind in kinds]
    rejects = sorted(counts["rejects"].items(), key=lambda item: (-item[1], item[0]))
    lines += [f"           {n:>5} {reason}" for reason, n in rejects[:SHOWN]]
    if len(rejects) > SHOWN:
        lines.append(f"           … and {len(rejects) - SHOWN} further reasons, in the card")
    return "\n".join(lines)


_MADE = {
    "seed": "seeds read",
    "passage": "passages from them",
    "draft": "instructions written",
    "instruction": "instructions through the gate",
    "battle": "battles fought",
    "sft": "SFT rows (the target lost, the winner's answer)",
    "preference": "preference pairs",
    "reject": "rejects, each with its reason:",
}


def _ratings(ratings: list[dict[str, Any]]) -> str:
    if not ratings:
        return ""
    lines = [f"Ratings after round {ratings[0]['round']} (Elo scale, 95 % interval)"]
    for row in ratings:
        interval = f"{row['low']:.0f} to {row['high']:.0f}"
        lines.append(
            f"  {row['rating']:>6.0f}  {row['model']:<20} {interval:<14} "
            f"{row['battles']} battles, {row['purpose']} jury"
        )
    return "\n".join(lines)


def _changes(changes: list[dict[str, Any]]) -> str:
    if not changes:
        return "Policy\n  unchanged: no leaf had enough decided battles"
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    lines = [f"Policy: {len(changes)} changes"]
    for change in changes[:CHANGES]:
        where = f"round {change['round']}, {change['skill']}/{change['leaf']}"
        text = f"{where}: {change['reason']}"
        lines += wrap(text, width, initial_indent="  ", subsequent_indent="      ")
    if len(changes) > CHANGES:
        lines.append(f"  … and {len(changes) - CHANGES} more, each with its reason, in the card")
    return "\n".join(lines)


def _cost(result: RunResult) -> str:
    calls, tokens = result.calls, result.tokens
    return (
        f"Cost: {calls['paid']:,} calls paid, {calls['served']:,} served from the ledger, "
        f"{calls['failed']:,} failed, in {result.elapsed_s:.1f} s\n"
        f"  in all {tokens['input']:,} tokens in and {tokens['output']:,} out, {result.usd:.4f} USD"
    )


def _next(result: RunResult) -> str:
    path = result.path
    if not result.completed:
        hint = " --set budget.usd=<more>" if result.status == "stopped: budget" else ""
        return f"Take it up again:\n  {program()} resume {path}{hint}"
    return (
        f"The dataset is in {path}/dataset. Next:\n"
        f"  less {path}/dataset/README.md\n"
        f"  {program()} export {path} --format trl --to {path}/trl\n"
        f"  {program()} estimate --seeds YOUR_DOCUMENTS/"
    )
