"""`arenainstruct new skill` and `arenainstruct preview`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..options import RUNS, ConfigArg, JsonOption, LedgerOption, OverridesOption
from ..screen.terminal import aside, program, say

EXIT_FAILED = 1
new = typer.Typer(help="Begin something of your own.", no_args_is_help=True)


@new.callback()
def _group() -> None:
    """Begin something of your own."""


@new.command()
def skill(
    name: Annotated[str, typer.Argument(help="Its name: lower-case letters, digits and _.")],
    config: Annotated[
        str | None, typer.Argument(help="YAML config whose default model drafts it; with --from.")
    ] = None,
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Folder for the skill's files.")
    ] = Path("skills"),
    prompts: Annotated[
        bool, typer.Option("--prompts", help="Prompts of its own too; the shared ones do mostly.")
    ] = False,
    described: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Let a model draft it from a description."),
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="About five tasks: JSONL, or texts between --- lines."),
    ] = None,
    overrides: OverridesOption = None,
    runs_dir: LedgerOption = RUNS,
) -> None:
    """Write the files of a new skill: its YAML, a test of it, and prompts where they are asked for."""
    from .scaffold import refuse, scaffold

    refuse(name, to)
    text = ""
    if described is not None and examples is not None:
        text = _drafted(name, described, examples, config, overrides or [], runs_dir)
    elif described or examples or config:
        raise typer.BadParameter("a draft needs both --from and --examples")
    made = scaffold(name, to, prompts=prompts, skill=text)
    for path in made:
        say(str(path))
    aside(f"Next: {program()} check --skill {made[0]}")


def _drafted(
    name: str,
    described: Path,
    examples: Path,
    config: str | None,
    overrides: list[str],
    runs_dir: Path,
) -> str:
    from ...agents.errors import EpisodeError
    from ..config.config import load_config
    from ..control.interrupt import run_interruptible
    from .draft import draft, read_description, read_examples

    said, shown = read_description(described), read_examples(examples)
    ledger = runs_dir / "drafts" / "ledger.sqlite"
    work = draft(name, said, shown, load_config(config, overrides), ledger)
    try:
        return run_interruptible(work)
    except EpisodeError as error:
        aside(f"no draft: {error}")
        raise typer.Exit(EXIT_FAILED) from error


def preview(
    skill: Annotated[str, typer.Argument(help="A skill's name, or the path of its YAML.")],
    seed: Annotated[
        str, typer.Option("--seed", metavar="FILE", help="A document; of a folder, the first few.")
    ],
    config: ConfigArg = None,
    overrides: OverridesOption = None,
    all_calls: Annotated[
        bool, typer.Option("--all", help="Show every call, not one a role and stage.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take one document through all stages of a skill, and show each step; nothing is kept.

    Exit status: 1 nothing was made, or it stopped before its end.
    """
    from .preview import preview as look
    from .preview_text import lines

    found = look(skill, seed, config, overrides or ())
    if as_json:
        say(json.dumps(found.data()))
    else:
        for line in lines(found, all_calls=all_calls):
            say(line)
    if not found.completed:
        raise typer.Exit(EXIT_FAILED)
