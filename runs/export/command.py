"""`arenainstruct export`: a run's rows for trainers, a run in one file, a run for other tools."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import RUNS, RunArg, RunsOption
from ..screen.terminal import failed, say

if TYPE_CHECKING:
    from ..folder import RunFolder

_FORMATS = "trl, axolotl, llamafactory, openrlhf, openai, or atif (each answer as a trajectory)."


def export(
    run: RunArg,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Folder to write training rows or trajectories into."),
    ] = None,
    format: Annotated[str, typer.Option("--format", help=_FORMATS)] = "trl",
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="One page that opens without a server."),
    ] = None,
    html_folder: Annotated[
        Path | None,
        typer.Option(
            "--html-folder", metavar="FOLDER", help="All of a large run, as pages that do so."
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=1, help="With --html: instructions in it, the least agreed first.")
    ] = 200,
    otlp: Annotated[
        str | None,
        typer.Option("--otlp", metavar="URL", help="Send the run's spans to this collector."),
    ] = None,
    content: Annotated[
        bool, typer.Option("--content", help="With --otlp: send what was asked and answered too.")
    ] = False,
    runs_dir: RunsOption = RUNS,
) -> None:
    """Write a run's training rows for a trainer, or the run as pages, trajectories or spans."""
    from ...agents.errors import UserError
    from ..folder import RunFolder

    if to is None and html is None and html_folder is None and otlp is None:
        raise UserError(
            "export: say where: --to FOLDER, --html FILE, --html-folder FOLDER or --otlp URL"
        )
    folder = RunFolder.find(run, runs_dir)
    try:
        if to is not None:
            _rows(folder, to, format)
        if html is not None:
            _page(folder, html, rows)
        if html_folder is not None:
            _bundle(folder, html_folder)
    except OSError as error:
        given = {"--html-folder": html_folder, "--html": html, "--to": to}
        where = next(f"{name} {path}" for name, path in given.items() if path is not None)
        raise UserError(f"{where}: {failed(error)}") from error
    if otlp is not None:
        say(f"spans: {asyncio.run(_send(folder, otlp, content))}")


def _rows(folder: "RunFolder", to: Path, format: str) -> None:
    from .export import export as export_run

    told = list[str]()
    for name, count in export_run(folder.path, to, format, told.append).items():
        say(f"{name}: {count}")
    for line in told:
        say(line)


def _page(folder: "RunFolder", path: Path, most: int) -> None:
    from ..disk import legible
    from ..view.onefile import write_html
    from ..view.source import Source

    source = Source(folder)
    with legible(source.store):
        say(f"{path}: {write_html(source, path, most)}")


def _bundle(folder: "RunFolder", to: Path) -> None:
    from ..disk import legible
    from ..view.bundle import INDEX, write_bundle
    from ..view.source import Source

    source = Source(folder)
    with legible(source.store):
        told, pages = write_bundle(source, to)
    say(f"{to / INDEX}: all {told:,} instructions, on {pages:,} pages")


async def _send(folder: "RunFolder", url: str, content: bool) -> int:
    from ..opening import stored
    from .otlp import send

    with stored(folder.store()) as store:
        return await send(store, folder.run_id, url, content=content)
