"""`arenainstruct fork` and `arenainstruct diff`: another way from an event on, and what came of it."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options import RUNS, JsonLastOption, JsonOption, RunArg, RunsOption
from ..screen.terminal import say

if TYPE_CHECKING:
    from ..view.compare import Comparison

EXIT_STOPPED = 3


def fork(
    run: Annotated[str, typer.Argument(help="The parent's folder or id.")],
    at: Annotated[
        str,
        typer.Option("--at", metavar="EVENT", help="Before this event nothing changes; its id."),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="A.B=C",
            help="What is other: a field of the config, or prompt.NAME=FILE (a prompt's name or a role).",
        ),
    ] = None,
    run_id: Annotated[str | None, typer.Option(help="Name of the fork's folder.")] = None,
    budget: Annotated[
        float | None, typer.Option(min=0, help="USD that the fork itself may cost.")
    ] = None,
    runs_dir: RunsOption = RUNS,
    as_json: JsonLastOption = False,
) -> None:
    """Run again from an event on with something changed; what came before is served from the ledger."""
    from ..folder import RunFolder
    from ..screen.summary import summary
    from ..screen.views import view
    from .fork import fork as fork_run

    with view() as watching:
        result = fork_run(
            run,
            at=at,
            changes=changes or (),
            run_id=run_id,
            budget=budget,
            runs_dir=runs_dir,
            on_event=watching.on_event,
        )
    if as_json:
        say(json.dumps(result.data()))
    else:
        say(summary(result))
        say(
            f"what became other: arenainstruct diff {RunFolder.find(run, runs_dir).path} {result.path}"
        )
    if not result.completed:
        raise typer.Exit(EXIT_STOPPED)


def diff(
    run: RunArg,
    other: Annotated[str, typer.Argument(help="Another one's: a fork of it, say.")],
    runs_dir: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two runs: rows, answers, verdicts, ratings, cost."""
    from ..folder import RunFolder
    from ..view.compare import compare
    from ..view.source import Source

    found = compare(*(Source(RunFolder.find(name, runs_dir)) for name in (run, other)))
    if as_json:
        say(json.dumps(asdict(found)))
        return
    for line in _lines(found):
        say(line)


def _lines(found: "Comparison") -> list[str]:
    """Return the comparison as plain lines."""
    lines = [f"{'kind':<14}{'same':>9}{'changed':>9}{'gone':>9}{'new':>9}"]
    lines += [f"{s.kind:<14}{s.same:>9,}{s.changed:>9,}{s.gone:>9,}{s.new:>9,}" for s in found.sums]
    lines.append(f"verdicts that are other: {found.verdicts:,}")
    for round, purpose, model, one, other in found.ratings:
        if one != other:
            shown: list[Any] = ["–" if value is None else f"{value:.1f}" for value in (one, other)]
            lines.append(f"rating, round {round}, {purpose}: {model} {shown[0]} → {shown[1]}")
    for name, cost in zip((found.one, found.other), found.costs, strict=True):
        inherited = f", {cost.inherited:,} of its parent served" if cost.inherited else ""
        lines.append(f"{name}: {cost.calls:,} calls paid{inherited}, {cost.usd:.4f} USD")
    if found.changes:
        lines.append("first changes:")
    for change in found.changes[:10]:
        pairs = change.fields or (("", change.before, change.after),)
        for name, before, after in pairs[:3]:
            of = f" {name}" if name else ""
            lines.append(f"  {change.kind} {change.id}{of}: {before[:70]!r} → {after[:70]!r}")
    return lines
