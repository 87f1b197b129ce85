"""What a person reads at the end of a run."""

import shutil
from textwrap import wrap
from typing import Any

from ...agents.contender_name import alias_of
from ...graphs.kinds import KINDS
from ...tools.ratings.intervals import told
from ..ingest import left_out
from ..report import gate_line, restructuring
from ..result import RunResult
from .judging import failure_lines, judging_lines
from .terminal import program

SHOWN = 8
"""Reject reasons listed in full."""
SAID = 3
"""Lines of what a failed call said."""
CHANGES = 5
"""Policy changes listed in full."""


def summary(result: RunResult) -> str:
    """Return a page: what was made, ratings, what the policy learned, cost, and where to go next."""
    parts = [
        _head(result),
        _broken(result),
        _made(result),
        _ratings(result.ratings),
        _gates(result.gates),
        _judging(result.judging),
        _changes(result),
        _structure(result),
        _cost(result),
        _next(result),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(result: RunResult) -> str:
    return "\n".join([f"{result.run_id}: {result.status}", f"  {result.reason}", *_stopped(result)])


def _stopped(result: RunResult) -> list[str]:
    """Return where a stopped run stands."""
    reached = result.reached
    if not result.status.startswith("stopped") or not reached:
        return []
    where = f"round {reached['round']} of {reached['rounds']}"
    if "stage" in reached:
        where += (
            f", {reached['stage']}: {reached['done']} of {reached['of']} {reached['units']} done"
        )
    return [f"  stopped in {where}; the dataset holds what was made until then"]


def _broken(result: RunResult) -> str:
    """Say first what makes the rest doubtful: jurors who gave no verdicts, or gave them to places."""
    lines = [*failure_lines(result.jurors)]
    failed = any(one["failed"] for one in result.jurors)
    if lost := sum(n for why, n in result.counts["rejects"].items() if why.startswith("battle/")):
        lines.append(f"{lost} battles got no verdict")
    if (failed or lost) and result.completed:
        lines.append(f"to ask again for what failed alone: {program()} resume {result.path}")
    return "\n".join(["Jurors", *(f"  {line}" for line in lines)]) if lines else ""


def _made(result: RunResult) -> str:
    counts = result.counts
    told = (kind for kind in KINDS if kind.made)
    lines = ["Made"] + [f"  {counts[kind.name]:>7,}  {kind.made}" for kind in told]
    rejects = sorted(counts["rejects"].items(), key=lambda item: (-item[1], item[0]))
    for reason, n in rejects[:SHOWN]:
        lines += [f"           {n:>5} {reason}", *_said(result.failures.get(reason, ""))]
    if len(rejects) > SHOWN:
        lines.append(f"           … and {len(rejects) - SHOWN} further reasons, in the card")
    for who, n in sorted(counts.get("cut", {}).items()):
        again = f"{program()} resume {result.path} --set models.{alias_of(who)}.max_tokens=<more>"
        lines.append(f"  {n:>7,}  answers of {who} cut off at its max_tokens: they train nobody")
        lines.append(f"           for whole ones, paying for nothing that fitted: {again}")
    if left := left_out(counts["rejects"]):
        lines.append(f"  seeds: {left}")
    return "\n".join(lines)


def _said(detail: str) -> list[str]:
    """Return what the first failure of a kind was, in a few lines."""
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    indent = " " * 17
    told = wrap(detail, width, initial_indent=f"{indent}the first: ", subsequent_indent=indent)
    return told if len(told) <= SAID else [*told[: SAID - 1], f"{told[SAID - 1]} …"]


def _ratings(ratings: list[dict[str, Any]]) -> str:
    if not ratings:
        return ""
    lines = [f"Ratings after round {ratings[0]['round']} (Elo scale, 95 % interval)"]
    width = max(20, *(len(row["model"]) for row in ratings))
    for row in ratings:
        interval = told(row["low"], row["high"])
        lines.append(
            f"  {row['rating']:>6.0f}  {row['model']:<{width}} {interval:<14} "
            f"{row['battles']} battles, {row['purpose']} jury"
        )
    return "\n".join(lines)


def _gates(gates: list[dict[str, Any]]) -> str:
    if not gates:
        return ""
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    lines = ["Gate"]
    for gated in gates:
        lines += wrap(gate_line(gated), width, initial_indent="  ", subsequent_indent="      ")
    return "\n".join(lines)


def _judging(data: dict[str, Any]) -> str:
    lines = judging_lines(data)
    return "\n".join(["Judging", *(f"  {line}" for line in lines)]) if lines else ""


def _changes(result: RunResult) -> str:
    changes = result.policy_changes
    if not changes:
        return f"Policy\n  unchanged: {_why_unchanged(result)}"
    # What battles moved comes first; that others make room for it is no news.
    changes = sorted(changes, key=lambda c: -(c["won"] + c["tied"] + c["lost"]))
    told = [f"round {c['round']}, {c['skill']}/{c['leaf']}: {c['reason']}" for c in changes]
    return _listed("Policy", told)


def _structure(result: RunResult) -> str:
    return _listed("Taxonomy", list(map(restructuring, result.taxonomy_changes)))


def _listed(title: str, said: list[str]) -> str:
    """Return the first changes in full, and how many more there are."""
    if not said:
        return ""
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    lines = [f"{title}: {len(said)} changes"]
    for text in said[:CHANGES]:
        lines += wrap(text, width, initial_indent="  ", subsequent_indent="      ")
    if len(said) > CHANGES:
        lines.append(f"  … and {len(said) - CHANGES} more, each with its reason, in the card")
    return "\n".join(lines)


def _why_unchanged(result: RunResult) -> str:
    if not result.counts["battle"]:
        return "no battle was fought"
    if not result.completed:
        return "it changes at the end of a round, and none has ended"
    return "no leaf differs from its skill by more than chance, nor leaves the band of win rates"


def _cost(result: RunResult) -> str:
    """Tell what this start cost and, where there were others, what all of them did."""
    calls = result.calls
    again = result.calls_in_all > calls["paid"] or result.tokens != result.tokens_this_start
    lines = [
        f"Cost{' of this start' if again else ''}: {calls['paid']:,} calls paid, "
        f"{calls['served']:,} served from the ledger, {calls['failed']:,} failed, "
        f"in {result.elapsed_s:.1f} s",
        _paid(result.tokens_this_start, result.usd_this_start),
    ]
    if calls["attempts_failed"]:
        attempts = "attempt" if calls["attempts_failed"] == 1 else "attempts"
        lines.append(
            f"  {calls['attempts_failed']:,} {attempts} failed; counted where the endpoint told tokens"
        )
    if again:
        lines.append(f"Cost of all starts: {result.calls_in_all:,} calls paid")
        lines.append(_paid(result.tokens, result.usd))
    return "\n".join(lines)


def _paid(tokens: dict[str, int], usd: float) -> str:
    return f"  {tokens['input']:,} tokens in and {tokens['output']:,} out, {usd:.4f} USD"


def _next(result: RunResult) -> str:
    path = result.path
    if result.status.startswith("failed"):
        return "Nothing was made: change the documents or the config, and start another run."
    if not result.completed:
        hint = " --set budget.usd=<more>" if result.status == "stopped: budget" else ""
        return f"Take it up again:\n  {program()} resume {path}{hint}"
    return (
        f"The dataset is in {path}/dataset. Next:\n"
        f"  less {path}/dataset/README.md\n"
        f"  {program()} policy show {path}\n"
        f"  {program()} export {path} --format trl --to {path}/trl\n"
        f"  {program()} estimate --seeds YOUR_DOCUMENTS/"
    )
