"""`arenainstruct ctl RUN …`: steer a run that is at work, from any process that reaches its store."""

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..options import RUNS, RunArg, RunsOption
from ..screen.terminal import say

if TYPE_CHECKING:
    from ..folder import RunFolder
    from .control import Live, Standing

_DONE = {
    "pause": "paused: what is under way lands, nothing else is asked until `resume`",
    "resume": "goes on",
    "stop": "stops; what was paid is kept",
    "budget": "has another ceiling",
}


def ctl(
    run: RunArg,
    order: Annotated[
        Literal["status", "pause", "resume", "stop", "budget", "again"],
        typer.Argument(help="What it is told."),
    ],
    usd: Annotated[
        float | None, typer.Argument(help="With `budget`: the new ceiling in USD, over all starts.")
    ] = None,
    rows: Annotated[
        list[str] | None,
        typer.Option("--row", metavar="REJECT", help="With `again`: a rejected row. Repeatable."),
    ] = None,
    runs_dir: RunsOption = RUNS,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print how it is, as JSON; of a run that ended its result."),
    ] = False,
) -> None:
    """Pause, resume, stop or fund a run that is at work; it heeds within a second.

    `status` tells of any run how it is.
    `again` notes rejected rows that its models are asked about once more when the run is taken up.
    """
    from ...agents.errors import UserError
    from ..folder import RunFolder
    from ..screen.terminal import program
    from .again import ask_again
    from .control import Word, ask, standing

    if (usd is None) == (order == "budget"):
        raise UserError("ctl: a ceiling in USD belongs to `budget`: ctl RUN budget 12.50")
    if bool(rows) != (order == "again"):
        raise UserError("ctl: rows belong to `again`: ctl RUN again --row reject-…")
    folder = RunFolder.find(run, runs_dir)
    if order == "again":
        noted = asyncio.run(ask_again(folder, rows or ()))
        said = f"{folder.run_id}: {len(noted)} rows are asked again by `{program()} resume {folder.path}`"
        say(json.dumps({"again": noted}) if as_json else said)
        return
    if order == "status":
        found = asyncio.run(standing(folder))
        say(json.dumps(found.data()) if as_json else _told(folder, found))
        return
    words: dict[str, Word] = {"pause": "pause", "resume": "go", "stop": "stop"}
    live = asyncio.run(ask(folder, word=words.get(order), usd=usd))
    if as_json:
        say(json.dumps(asdict(live)))
        return
    say(f"{folder.run_id}: {_at(live)}")
    say(f"{folder.run_id} {_DONE[order]}")


def _told(folder: "RunFolder", found: "Standing") -> str:
    """Return how a run is and, where no process is at work on it, what can be done with it."""
    from .control import next_move, rounds

    ended, live = found.result, found.live
    if found.at_work and live:
        return f"{folder.run_id}: {_at(live)}"
    parts = [found.status]
    if ended:
        parts += [rounds(ended)] if ended.completed else [_where(ended.reached)]
        parts.append(f"{ended.calls_in_all} calls, {ended.usd:.4f} USD")
    elif live:
        parts.append(f"when it told last it was at {_at(live)}")
    return f"{folder.run_id}: {', '.join(parts)}; no process is at work on it; {next_move(folder, found)}"


def _at(live: "Live") -> str:
    paused = ", paused" if live.paused else ""
    ceiling = f" of {live.ceiling:g}" if live.ceiling is not None else ""
    return f"{_where(live.reached)}{paused}, {live.calls} calls, {live.usd:.4f}{ceiling} USD"


def _where(reached: dict[str, Any]) -> str:
    if not reached:
        return "reading"
    return f"round {reached['round']}/{reached['rounds']} {reached.get('stage', '')}".strip()
