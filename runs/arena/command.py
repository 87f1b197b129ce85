"""`arenainstruct arena`: rank models on existing prompts."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..options import RUNS, JsonLastOption, OverridesOption, RunsOption
from ..screen.terminal import aside, say

if TYPE_CHECKING:
    from .report import ArenaResult

EXIT_STOPPED = 3
"""The budget is spent, an endpoint is down, or no battle got a verdict; the same command goes on from
the ledger."""
SURE = 0.95
"""Confidence that ends an active tournament where nothing else was asked for."""


def arena(
    instructions: Annotated[
        Path, typer.Argument(help="Prompts: JSONL, JSON, CSV or Parquet, also .gz or .zst.")
    ],
    config: Annotated[
        Path | None,
        typer.Argument(
            help="YAML with models (a run's config works); left out: the embedded ones."
        ),
    ] = None,
    contenders: Annotated[
        str, typer.Option(metavar="A,B,C", help="Aliases of the models to rank.")
    ] = "",
    jury: Annotated[
        str, typer.Option(metavar="J1,J2", help="Aliases of the models that judge.")
    ] = "",
    battles: Annotated[
        int | None, typer.Option(min=1, help="Battles at most; each is judged in both orders.")
    ] = None,
    confidence: Annotated[
        float | None,
        typer.Option(
            min=0.5, max=0.9999, help="End when the order of the full tournament is this sure."
        ),
    ] = None,
    matchmaking: Annotated[
        Literal["round_robin", "swiss", "active"] | None,
        typer.Option(help="Default: active with --battles or --confidence, else round_robin."),
    ] = None,
    without_canned: Annotated[
        bool,
        typer.Option("--without-canned", help="Let no contender play whose answers are canned."),
    ] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed, another draw.")] = None,
    overrides: OverridesOption = None,
    runs_dir: RunsOption = RUNS,
    run_id: Annotated[
        str | None, typer.Option(help="The run's folder; that of an earlier start goes on.")
    ] = None,
    as_json: JsonLastOption = False,
) -> None:
    """Rank models on prompts that exist already: battles, a jury, ratings, and what they cost."""
    from ..config.load import load
    from .config import ArenaConfig
    from .launch import Order
    from .launch import arena as play
    from .summary import unjudged_lines
    from .tournament import Ends

    given = {"contenders": _names(contenders), "jury": _names(jury), "seed": seed}
    chosen = [f"{name}={json.dumps(v)}" for name, v in given.items() if v or v == 0]
    loaded = load(config, ArenaConfig, [*(overrides or ()), *chosen])
    matching = matchmaking or ("active" if battles or confidence else "round_robin")
    if matching == "active" and not battles and confidence is None:
        confidence = SURE
    ends = Ends(battles, confidence)
    order = Order(instructions, matching, ends, runs_dir, run_id, without_canned)
    result = play(loaded, order, Ticker())
    if as_json:
        say(json.dumps(result.data))
    else:
        _show(result)
    if not result.completed:
        aside(f"{result.data['status']}: {result.data['reason']}")
        if as_json:
            for line in unjudged_lines(result.data):
                aside(line)
        aside(f"Go on with the same command and --run-id {result.data['run_id']}")
        raise typer.Exit(EXIT_STOPPED)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


class Ticker:
    """Tells on stderr how far a tournament is: a line for each tenth, or one line on a terminal."""

    def __init__(self, what: str = "battles") -> None:
        self._told = -1
        self._what = what

    def __call__(self, done: int, most: int) -> None:
        """Tell it, where there is something new."""
        tenth = 10 * done // most
        if sys.stderr.isatty():
            end = "\n" if done == most else ""
            sys.stderr.write(f"\r{done} of at most {most} {self._what}{end}")
            sys.stderr.flush()
        elif tenth > self._told:
            self._told = tenth
            aside(f"{done} of at most {most} {self._what}")


def _show(result: "ArenaResult") -> None:
    from ..leaderboard.options import Options
    from ..leaderboard.output import show
    from .summary import summary

    if result.board is not None:
        options = Options(rows="games")
        show(result.board, {}, result.doubts, result.notes, by=None, options=options)
    else:
        for doubt in result.doubts:
            say(f"Warning: {doubt.words}")
    say(summary(result.data))
