"""`arenainstruct ctl RUN …`: steer a run that is at work, from any process that reaches its store."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from ..options import RUNS, RunArg, RunsOption
from ..screen.terminal import say

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
        typer.Option("--json", help="Print how it is, as JSON; of a completed run its result."),
    ] = False,
) -> None:
    """Pause, resume, stop or fund a run that is at work; it heeds within a second.

    `again` notes rejected rows that its models are asked about once more when the run is taken up.
    """
    from ...agents.errors import UserError
    from ..folder import RunFolder
    from ..screen.terminal import program
    from .again import ask_again
    from .control import Word, ask, completed, rounds

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
    if order == "status" and (ended := asyncio.run(completed(folder))):
        cost = f"{ended.calls_in_all} calls, {ended.usd:.4f} USD"
        told = f"{folder.run_id}: completed, {rounds(ended)}, {cost}"
        say(json.dumps(ended.data()) if as_json else told)
        return
    words: dict[str, Word] = {"pause": "pause", "resume": "go", "stop": "stop"}
    live = asyncio.run(ask(folder, word=words.get(order), usd=usd))
    if as_json:
        say(json.dumps(asdict(live)))
        return
    where = live.reached
    at = (
        f"round {where['round']}/{where['rounds']} {where.get('stage', '')}" if where else "reading"
    )
    paused = ", paused" if live.paused else ""
    ceiling = f" of {live.ceiling:g}" if live.ceiling is not None else ""
    say(f"{folder.run_id}: {at.strip()}{paused}, {live.calls} calls, {live.usd:.4f}{ceiling} USD")
    if order in _DONE:
        say(f"{folder.run_id} {_DONE[order]}")
