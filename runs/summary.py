"""What a person reads at the end of a run."""

from typing import Any

from .result import RunResult

SHOWN = 8
"""Policy changes and reject reasons listed in full."""


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
    lines = ["Made"] + [f"  {counts[kind]:>7}  {_PLURAL[kind]}" for kind in kinds]
    rejects = sorted(counts["rejects"].items(), key=lambda item: (-item[1], item[0]))
    lines += [f"           {n:>5} {reason}" for reason, n in rejects[:SHOWN]]
    if len(rejects) > SHOWN:
        lines.append(f"           … and {len(rejects) - SHOWN} further reasons (config `rejects`)")
    return "\n".join(lines)


_PLURAL = {
    "seed": "seeds",
    "passage": "passages",
    "draft": "instructions written",
    "instruction": "instructions through the gate",
    "battle": "battles",
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
    lines = [f"Policy: {len(changes)} changes"]
    lines += [
        f"  round {c['round']}, {c['skill']}/{c['leaf']}: {c['reason']}" for c in changes[:SHOWN]
    ]
    if len(changes) > SHOWN:
        lines.append(f"  … and {len(changes) - SHOWN} more (dataset/README.md)")
    return "\n".join(lines)


def _cost(result: RunResult) -> str:
    calls, tokens = result.calls, result.tokens
    return (
        f"Cost: {calls['paid']} calls paid, {calls['served']} served from the ledger, "
        f"{calls['failed']} failed; in all {tokens['input']} + {tokens['output']} tokens, "
        f"{result.usd:.4f} USD; {result.elapsed_s:.1f} s"
    )


def _next(result: RunResult) -> str:
    path = result.path
    if not result.completed:
        hint = " --set budget.usd=<more>" if result.status == "stopped: budget" else ""
        return f"Take it up again:\n  arenainstruct resume {path}{hint}"
    return (
        f"The dataset is in {path}/dataset. Next:\n"
        f"  less {path}/dataset/README.md\n"
        f"  arenainstruct export {path} --format trl --to {path}/trl\n"
        "  arenainstruct estimate --seeds YOUR_DOCUMENTS/"
    )
