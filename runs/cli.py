"""The command line: `arenainstruct run | resume | replay | check | estimate | export | calls | …`."""

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core
import typer.exceptions

from .arena.command import arena
from .audit.command import audit
from .authoring.command import new, preview
from .benchmark.command import benchmark
from .calls.command import calls, prompts
from .control.command import ctl
from .export.command import export
from .leaderboard.command import leaderboard
from .leaderboard.compare import compare
from .options import RUNS, ConfigArg, JsonLastOption, OverridesOption, RunArg, RunsOption
from .policy.command import policy
from .replay.fork_command import diff, fork
from .screen.terminal import aside, say
from .testset.command import testset
from .view.command import view

if TYPE_CHECKING:
    from .config.config import RunConfig
    from .result import RunResult


class Command(typer.core.TyperCommand):
    """A command that refuses an option given twice, of which only the last would count, and nan and inf."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments of one command."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for param in given:
            if not isinstance(param, typer.core.TyperOption) or param.multiple or param.is_flag:
                continue
            if given.count(param) > 1:
                ctx.fail(f"{param.opts[0]} is given {given.count(param)} times; it takes one value")
        rest = super().parse_args(ctx, args)
        for name, value in ctx.params.items():
            if isinstance(value, float) and not isfinite(value):
                ctx.fail(f"{name.replace('_', '-')}: found {value}; needs a finite number")
        return rest


class Commands(typer.core.TyperGroup):
    """The commands; what is wrong with their arguments is told without long values."""

    def make_context(self, *args: Any, **given: Any) -> Any:
        """Parse what stands before the command."""
        with _brief():
            return super().make_context(*args, **given)

    def invoke(self, ctx: Any) -> Any:
        """Parse the rest, and do it."""
        with _brief():
            return super().invoke(ctx)


@contextmanager
def _brief() -> Iterator[None]:
    from ..agents.errors import told

    try:
        yield
    except typer.exceptions.TyperException as error:
        error.message = told(error.message)
        raise


app = typer.Typer(
    cls=Commands,
    help="Turn documents into the instruction data that a target model still lacks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SeedsOption = Annotated[
    str | None,
    typer.Option("--seeds", metavar="PATH", help="File, folder or glob; overrides the config."),
]

EXIT_FAILED, EXIT_USER, EXIT_STOPPED, EXIT_INTERRUPTED = 1, 2, 3, 130
"""A model that fails its check, a replay that goes another way, or a run that made nothing; what the user
wrote is wrong; a run that can be resumed; Ctrl-C."""


def load(config: str | None, seeds: str | None, overrides: list[str] | None) -> "RunConfig":
    """Return the config with the command line's overrides."""
    from .config.config import load_config

    return load_config(config, _given(seeds, overrides))


def _given(seeds: str | None, overrides: list[str] | None) -> list[str]:
    """Return what the command line says as overrides."""
    chosen = [f"seeds.path={json.dumps(seeds)}"] if seeds else []
    return [*(overrides or []), *chosen]


@app.command(cls=Command)
def run(
    config: ConfigArg = None,
    seeds: SeedsOption = None,
    overrides: OverridesOption = None,
    runs_dir: RunsOption = RUNS,
    run_id: Annotated[str | None, typer.Option(help="Name of the run's folder.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take at most N seeds.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the resolved config and the estimate only.")
    ] = False,
    as_json: JsonLastOption = False,
) -> None:
    """Run from the documents to the dataset."""
    from .folder import refuse_odd_id

    refuse_odd_id(run_id)
    loaded = load(config, seeds, overrides)
    _show(loaded)
    if dry_run:
        _estimate(loaded, limit, as_json, runs_dir)
        return
    from .run import launch

    _watch(
        lambda on_event: launch(
            loaded, runs_dir=runs_dir, run_id=run_id, limit=limit, on_event=on_event
        ),
        as_json,
        runs_dir,
    )


@app.command(cls=Command)
def resume(
    run: RunArg,
    overrides: OverridesOption = None,
    runs_dir: RunsOption = RUNS,
    as_json: JsonLastOption = False,
) -> None:
    """Take a run up where it stopped; what was paid is not paid again."""
    from .run import resume as resume_run

    changed = tuple(overrides or ())
    _watch(
        lambda on_event: resume_run(run, runs_dir=runs_dir, overrides=changed, on_event=on_event),
        as_json,
        runs_dir,
    )


@app.command(cls=Command)
def replay(
    run: Annotated[str, typer.Argument(help="A completed run's folder or id.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Folder that keeps what comes out, a run too."),
    ] = None,
    runs_dir: RunsOption = RUNS,
    as_json: JsonLastOption = False,
) -> None:
    """Make a run again from its ledger, with the network forbidden, and compare the datasets.

    Exit status: 0 the same bytes came out; 1 the first call or file that differs is named.
    """
    from .replay.replay import replay as replay_run

    found = replay_run(run, runs_dir=runs_dir, to=to)
    say(json.dumps(found.data()) if as_json else str(found))
    if not found.identical:
        raise typer.Exit(EXIT_FAILED)


@app.command(cls=Command)
def check(
    config: ConfigArg = None,
    seeds: SeedsOption = None,
    overrides: OverridesOption = None,
    runs_dir: RunsOption = RUNS,
    skills: Annotated[
        list[str] | None,
        typer.Option(
            "--skill",
            metavar="NAME|FILE",
            help="Look at a skill alone. Repeatable; needs no config.",
        ),
    ] = None,
    as_json: JsonLastOption = False,
) -> None:
    """Validate a run's or an arena's config offline, then ask each model the way it will be asked.

    Exit status: 0 all is well; 2 the config, the documents or a key is wrong or missing; 1 these are
    right, but a model does not answer as it should.
    """
    from .check import check as check_config
    from .check import check_skills, load_either

    if skills:
        from .config.origin import Origin

        folder = Origin.of(config).data.get("skills_path") if config else None
        findings = check_skills(skills, folder)
    else:
        findings = check_config(load_either(config, _given(seeds, overrides)), runs_dir)
    if as_json:
        ok = all(finding.ok for finding in findings)
        say(json.dumps({"ok": ok, "findings": [finding.data() for finding in findings]}))
    else:
        for finding in findings:
            say(str(finding))
    if any(finding.by_user for finding in findings):
        raise typer.Exit(EXIT_USER)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(EXIT_FAILED)


@app.command(cls=Command)
def estimate(
    config: ConfigArg = None,
    seeds: SeedsOption = None,
    overrides: OverridesOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take at most N seeds.")] = None,
    runs_dir: RunsOption = RUNS,
    as_json: JsonLastOption = False,
) -> None:
    """Tell calls, tokens, USD and time per stage before a cent is spent."""
    _estimate(load(config, seeds, overrides), limit, as_json, runs_dir)


app.command(cls=Command)(audit)
app.command(cls=Command)(arena)
app.command(cls=Command)(benchmark)
app.command(cls=Command)(leaderboard)
app.command(cls=Command)(compare)
app.command(cls=Command)(testset)
app.command(cls=Command)(export)
app.command(cls=Command)(ctl)
app.command(cls=Command)(fork)
app.command(cls=Command)(diff)
app.command(cls=Command)(view)
app.command(cls=Command)(calls)
app.command(cls=Command)(prompts)
app.command(cls=Command)(preview)
app.add_typer(new, name="new")
app.add_typer(policy, name="policy")


def _estimate(config: "RunConfig", limit: int | None, as_json: bool, runs_dir: Path) -> None:
    import asyncio

    from ..agents.models.window import with_windows
    from .estimate.report import estimate as estimate_run

    config = config.model_copy(update={"models": asyncio.run(with_windows(config.models))})
    found = estimate_run(config, limit=limit, runs_dir=runs_dir)
    say(json.dumps(found.data()) if as_json else found.table())


def _show(config: "RunConfig") -> None:
    """Print the resolved config in short."""
    aside("# Config in short; the whole of it: config.yaml in the run's folder.")
    aside(config.brief())


def _watch(
    start: Callable[[Callable[[str, dict[str, Any]], None]], "RunResult"],
    as_json: bool,
    runs_dir: Path,
) -> None:
    """Start or resume a run under a view, print its result, and exit with its status."""
    from .screen.summary import summary
    from .screen.views import view

    with view() as watching:
        try:
            result = start(watching.on_event)
        except KeyboardInterrupt:
            raise Interrupted(runs_dir / watching.progress.run_id) from None
    say(json.dumps(result.data()) if as_json else summary(result))
    if not result.completed:
        raise typer.Exit(EXIT_STOPPED if result.status.startswith("stopped") else EXIT_FAILED)


class Interrupted(Exception):
    """The user stopped a run; holds its folder."""


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
    from ..agents.errors import StopRun, UserError, told
    from .screen.terminal import failed, program, shortage, streams

    try:
        with streams():
            app()
    except UserError as error:
        for line in str(error).splitlines():
            aside(f"error: {line}")
        raise SystemExit(EXIT_USER) from error
    except StopRun as stop:
        aside(f"stopped: {stop}")
        raise SystemExit(EXIT_STOPPED) from stop
    except BrokenPipeError:
        raise SystemExit(EXIT_FAILED) from None  # whoever read it has read enough
    except OSError as error:
        # A name is the user's, what else goes wrong with a file the machine's.
        by_user = error.errno == errno.ENAMETOOLONG
        aside(f"{'error' if by_user else 'stopped'}: {told(failed(error))}")
        raise SystemExit(EXIT_USER if by_user else EXIT_STOPPED) from error
    except (MemoryError, RuntimeError) as error:
        if not (short := shortage(error)):
            raise
        aside(f"stopped: {short}, then try again")
        raise SystemExit(EXIT_STOPPED) from error
    except Interrupted as interrupted:
        aside(f"interrupted; go on with: {program()} resume {interrupted}")
        raise SystemExit(EXIT_INTERRUPTED) from None
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
