"""`arenainstruct benchmark`: measure models on IFEval or GSM8K."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..arena.command import Ticker
from ..options import RUNS, JsonLastOption, LedgerOption, OverridesOption
from ..screen.terminal import aside, say

_NAMES = {
    "mean": "mean of both levels, strict",
    "prompt_strict": "prompt level, strict",
    "instruction_strict": "instruction level, strict",
    "prompt_loose": "prompt level, loose",
    "instruction_loose": "instruction level, loose",
    "right": "right results",
}


def benchmark(
    file: Annotated[
        Path, typer.Argument(help="The published rows of IFEval or GSM8K: JSONL, also .gz.")
    ],
    config: Annotated[
        str | None, typer.Argument(help="YAML with models (a run's config works).")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="Alias to measure. Repeatable: compared with the first."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="So many prompts, spread over the file.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A run, or rows, to find the prompts in. Repeatable."),
    ] = None,
    overrides: OverridesOption = None,
    runs_dir: LedgerOption = RUNS,
    as_json: JsonLastOption = False,
) -> None:
    """Measure models on a public benchmark whose answers programs score; nothing of it is trained on."""
    from ..config.load import load
    from ..control.interrupt import run_interruptible
    from .measure import BenchmarkConfig, Order, measure

    loaded = load(config, BenchmarkConfig, overrides or ())
    chosen = tuple(models or list(loaded.models)[:1])
    order = Order(file, chosen, limit, tuple(against or ()))
    ledger = runs_dir / "benchmark" / "ledger.sqlite"
    data = run_interruptible(measure(loaded, order, ledger, Ticker("answers"))).data()
    if as_json:
        say(json.dumps(data))
        return
    for line in lines(data):
        say(line)
    if not against:
        aside("Not compared with any generated text: --against RUN does")


def lines(data: dict[str, Any]) -> list[str]:
    """Return what was measured, to read."""
    told = [f"{data['benchmark']}: {data['prompts']} prompts; percent, 95 % intervals"]
    for alias, model in data["models"].items():
        failed = f" ({model['failed']} without an answer)" if model["failed"] else ""
        told.append(f"{alias}{failed}")
        told += [f"  {_NAMES[n]:<28}{_told(f)}" for n, f in model["scores"].items()]
        if "clean" in model:
            figure = next(iter(model["clean"].values()))
            told.append(f"  {'the same, of clean prompts':<28}{_told(figure)}")
        if "gain" in model:
            told.append(f"  {'gained on the first model':<28}{_told(model['gain'])}")
    check = data["decontamination"]
    if check["against"]:
        told.append(
            f"{len(check['found'])} of the prompts stand in {check['texts']} generated texts of "
            f"{', '.join(check['against'])}"
        )
        told += [f"  {key}: {where}" for key, where in list(check["found"].items())[:10]]
    return told


def _told(figure: dict[str, float]) -> str:
    low, high = 100 * figure["low"], 100 * figure["high"]
    return f"{100 * figure['value']:5.1f}  ({low:.1f} to {high:.1f})"
