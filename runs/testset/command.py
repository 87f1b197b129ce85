"""`arenainstruct testset`: a test set out of a file of instructions."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import RUNS, JsonLastOption, LedgerOption, OverridesOption
from ..screen.terminal import aside, say

if TYPE_CHECKING:
    from .config import SetConfig
    from .make import Order

MOST_SEED = 2**32 - 1
"""Beyond it the clusters' generator takes none."""
EXIT_STOPPED = 3
"""The budget is spent or an endpoint is down; the same command goes on from the ledger."""


def testset(
    instructions: Annotated[
        Path, typer.Argument(help="Prompts: JSONL, JSON, CSV or Parquet, also .gz or .zst.")
    ],
    config: Annotated[
        str | None, typer.Argument(help="YAML config; left out: the embedded models rate.")
    ] = None,
    diverse: Annotated[
        int, typer.Option(min=0, help="Prompts spread over all clusters and categories.")
    ] = 0,
    hard: Annotated[
        int,
        typer.Option(min=0, help="Prompts rated hardest, of those that the diverse ones leave."),
    ] = 0,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Only leave out repeats and what is in training rows: no draw, no model.",
        ),
    ] = False,
    results: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BATTLES",
            help="Recorded battles on the prompts: of a cluster, what models differ on comes first.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MOST_SEED, help="Another seed, another draw.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="Training rows or a run's folder. Repeatable."),
    ] = None,
    keep_shared_passages: Annotated[
        bool,
        typer.Option(
            "--keep-shared-passages",
            help="Keep prompts whose passage training rows have under other tasks only.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSONL to write; else into --runs-dir.")
    ] = None,
    prompt_column: Annotated[str | None, typer.Option(help="Where the prompt stands.")] = None,
    category_column: Annotated[
        str, typer.Option(help="Every category in it is kept.")
    ] = "category",
    compare_rules: Annotated[
        bool,
        typer.Option(
            "--compare-rules", help="Measure the rules on pairs (text, rephrased) instead."
        ),
    ] = False,
    overrides: OverridesOption = None,
    runs_dir: LedgerOption = RUNS,
    as_json: JsonLastOption = False,
) -> None:
    """Make a test set: diverse and hard prompts, free of what is in training rows."""
    from ...agents.errors import StopRun, UserError
    from ..config.load import load
    from .config import SetConfig, keeping_passages
    from .make import Order
    from .result import folder_name

    chosen = [] if seed is None else [f"seed={seed}"]
    loaded = load(config, SetConfig, [*(overrides or ()), *chosen])
    if keep_shared_passages:
        loaded = keeping_passages(loaded)
    folder = runs_dir / folder_name(instructions)
    try:
        if compare_rules:
            _compare(instructions, loaded, folder, as_json)
            return
        if not diverse + hard and not clean:
            raise UserError("nothing is asked for: give --diverse N, --hard M or both, or --clean")
        if clean and (diverse + hard or results):
            raise UserError("--clean draws nothing: leave --diverse, --hard and --results out")
        if out and out.is_dir():
            raise UserError(
                f"--out {out}: is a folder; name a file, such as {out / 'testset.jsonl'}"
            )
        order = Order(
            instructions,
            diverse,
            hard,
            tuple(against or ()),
            prompt_column,
            category_column,
            clean,
            tuple(results or ()),
        )
        _make(order, loaded, folder, out=out, as_json=as_json)
    except StopRun as stop:
        aside(f"stopped: {stop}\nWhat was paid is kept: run the same command again.")
        raise typer.Exit(EXIT_STOPPED) from stop


def _make(
    order: "Order", config: "SetConfig", folder: Path, *, out: Path | None, as_json: bool
) -> None:
    from dataclasses import asdict

    from ...tools.tables import plain_name
    from ..control.interrupt import run_interruptible
    from .make import make
    from .result import chosen_row, write_jsonl
    from .summary import summary

    result = run_interruptible(make(order, config, folder / "ledger.sqlite", _tell))
    path = out or folder / "testset.jsonl"
    left_out = path.with_name(f"{plain_name(path)}-removed.jsonl")
    write_jsonl(path, map(chosen_row, result.chosen))
    write_jsonl(left_out, map(asdict, result.removed))
    if as_json:
        files = {"path": str(path), "removed_path": str(left_out)}
        say(json.dumps({**result.data(), **files}, ensure_ascii=False))
    else:
        say(f"{summary(result)}\n\nThe set is in {path}, what was left out in {left_out}")


def _compare(pairs: Path, config: "SetConfig", folder: Path, as_json: bool) -> None:
    from dataclasses import asdict

    from ..control.interrupt import run_interruptible
    from .rules import compare_rules, read_pairs
    from .summary import table

    read = read_pairs(pairs)
    found = run_interruptible(compare_rules(read, config, folder / "ledger.sqlite"))
    if as_json:
        say(json.dumps({"pairs": len(read), "rules": [asdict(c) for c in found]}))
    else:
        say(table(found, len(read)))


def _tell(stage: str, items: int) -> None:
    aside(f"{stage}: {items}")
