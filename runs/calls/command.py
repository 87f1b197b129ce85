"""`arenainstruct calls` and `arenainstruct prompts`: what a run asked of its models."""

import json
from typing import Annotated

import typer

from ..options import RUNS, RunArg, RunsOption
from ..screen.terminal import say


def calls(
    run: RunArg,
    role: Annotated[str, typer.Option(help="Who asked: juror, writer, contender, …")] = "",
    model: Annotated[str, typer.Option(help="Alias of the model that was asked.")] = "",
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those without a reply to use.")
    ] = False,
    id: Annotated[
        str, typer.Option("--id", help="Begin of a call's key, or a record's id: shown in full.")
    ] = "",
    runs_dir: RunsOption = RUNS,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a call.")] = False,
) -> None:
    """Show what was sent to the models and what came back: a line a call, or all of it with --id."""
    import asyncio

    from ...agents.errors import UserError
    from ..folder import RunFolder
    from .calls import HEAD, Wanted
    from .calls import calls as calls_of

    folder, wanted = RunFolder.find(run, runs_dir), Wanted(role, model, failed, id)

    async def show() -> int:
        shown = 0
        async for call in calls_of(folder, wanted):
            if not (shown or as_json or id):
                say(HEAD)
            shown += 1
            say(json.dumps(call.data()) if as_json else call.page() + "\n" if id else call.line())
        return shown

    shown = asyncio.run(show())
    if id and not shown:
        raise UserError(
            f"--id {id}: no call's key and no record's id begins so; `calls {run}` shows those of all calls"
        )
    if not as_json:
        say(f"{shown:,} calls" + ("" if id else "; all of one: --id and how its line begins"))


def prompts(
    run: RunArg,
    role: Annotated[
        str, typer.Option(help="One role's prompts, each with a whole example: writer, juror, …")
    ] = "",
    runs_dir: RunsOption = RUNS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Show what was really sent, role by role: prompts, versions, counts, mean tokens, an example."""
    import asyncio

    from ...agents.errors import UserError
    from ..folder import RunFolder
    from .calls import lines, prompts_sent

    folder = RunFolder.find(run, runs_dir)
    sent = asyncio.run(prompts_sent(folder, role))
    if role and not sent:
        asked = sorted({one.role for one in asyncio.run(prompts_sent(folder))})
        raise UserError(f"--role {role}: nobody of that role was asked; roles: {', '.join(asked)}")
    if as_json:
        say(json.dumps([one.data() for one in sent]))
        return
    for line in lines(sent, whole=bool(role)):
        say(line)
