"""The command line: `arenainstruct run | resume | check | estimate | export`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from .config import RunConfig
    from .result import RunResult

app = typer.Typer(
    help="Turn documents into the instruction data that a target model still lacks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ConfigArg = Annotated[
    Path | None, typer.Argument(help="YAML config; left out: the embedded offline models.")
]
SeedsOption = Annotated[
    str | None, typer.Option("--seeds", help="File, folder or glob; overrides the config.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Override a field: section.field=value.")
]
RunsOption = Annotated[Path, typer.Option("--runs-dir", help="Where run folders stand.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object last.")]
RUNS = Path("runs")

EXIT_STOPPED, EXIT_USER = 3, 2
"""A run that stopped and can be resumed; something the user wrote is wrong."""


def say(text: str = "") -> None:
    """Print a line for the reader."""
    sys.stdout.write(text + "\n")


def load(config: Path | None, seeds: str | None, overrides: list[str] | None) -> "RunConfig":
    """Return the config with the command line's overrides."""
    from .config import load_config

    chosen = [f"seeds.path={json.dumps(seeds)}"] if seeds else []
    return load_config(config, [*(overrides or []), *chosen])


@app.command()
def run(
    config: ConfigArg = None,
    seeds: SeedsOption = None,
    overrides: SetOption = None,
    runs_dir: RunsOption = RUNS,
    run_id: Annotated[str | None, typer.Option(help="Name of the run's folder.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take at most N seeds.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the resolved config and the estimate only.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run from the documents to the dataset."""
    loaded = load(config, seeds, overrides)
    sys.stderr.write(loaded.yaml() + "\n")
    if dry_run:
        _estimate(loaded, limit, as_json)
        return
    from .launch import launch

    _watch(
        lambda on_event: launch(
            loaded, runs_dir=runs_dir, run_id=run_id, limit=limit, on_event=on_event
        ),
        as_json,
    )


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="A run's folder or id.")],
    overrides: SetOption = None,
    runs_dir: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Take a run up where it stopped; what was paid is not paid again."""
    from .launch import resume as resume_run

    changed = tuple(overrides or ())
    _watch(
        lambda on_event: resume_run(run, runs_dir=runs_dir, overrides=changed, on_event=on_event),
        as_json,
    )


@app.command()
def check(
    config: ConfigArg = None,
    seeds: SeedsOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Validate the config and its documents offline, then ask each model for one token."""
    from .check import check as check_config

    findings = check_config(load(config, seeds, overrides))
    if as_json:
        say(json.dumps([f.data() for f in findings]))
    else:
        for finding in findings:
            say(str(finding))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
def estimate(
    config: ConfigArg = None,
    seeds: SeedsOption = None,
    overrides: SetOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take at most N seeds.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell calls, tokens, USD and time per stage before a cent is spent."""
    _estimate(load(config, seeds, overrides), limit, as_json)


@app.command()
def export(
    run: Annotated[str, typer.Argument(help="A run's folder or id.")],
    to: Annotated[Path, typer.Option("--to", help="Folder to write into.")],
    format: Annotated[str, typer.Option("--format", help="trl or openai.")] = "trl",
    runs_dir: RunsOption = RUNS,
) -> None:
    """Write a run's training rows as JSONL for a trainer."""
    from .export import export as export_run
    from .folder import RunFolder

    for name, count in export_run(RunFolder.find(run, runs_dir).path, to, format).items():
        say(f"{name}: {count}")


def _estimate(config: "RunConfig", limit: int | None, as_json: bool) -> None:
    from .estimate import estimate as estimate_run

    found = estimate_run(config, limit=limit)
    say(json.dumps(found.data()) if as_json else found.table())


def _watch(
    start: Callable[[Callable[[str, dict[str, Any]], None]], "RunResult"], as_json: bool
) -> None:
    """Start or resume a run under a view, print its result, and exit with its status."""
    from .progress import view
    from .summary import summary

    with view() as watching:
        result = start(watching.on_event)
    say(json.dumps(result.data()) if as_json else summary(result))
    if not result.completed:
        raise typer.Exit(EXIT_STOPPED)


@app.callback(invoke_without_command=True)
def version(
    shown: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Print the version when asked."""
    if shown:
        from importlib.metadata import version as installed

        say(f"arenainstruct {installed('arenainstruct')}")
        raise typer.Exit


def main() -> None:
    """Run the command line; what the user wrote wrongly is one message and exit status 2."""
    from ..agents.errors import UserError

    try:
        app()
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(EXIT_USER) from error
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: what was paid is kept; `arenainstruct resume` goes on\n")
        raise SystemExit(130) from None
