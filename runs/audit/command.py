"""`arenainstruct audit`: can these jurors be trusted?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..options import RUNS, JsonOption, JudgeOption, OnErrorOption, RunsOption, Ties, WhereOption
from ..screen.terminal import aside, say

if TYPE_CHECKING:
    from ..folder import RunFolder
    from .ranking import Canaries

EXIT_FOUND, EXIT_STOPPED = 1, 3
"""A canary did not rank last; the run's budget or an endpoint stopped the canaries."""


def audit(
    battles: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|BATTLES...",
            help="A run, or CSV, JSON, JSONL or Parquet files (also .gz or .zst) with question_id, "
            "model_a (shown first), model_b, winner and judge.",
        ),
    ],
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="People's verdicts: question_id, model_a, model_b, winner. Left out: those that were "
            "given to the run's battles in `view`.",
        ),
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="The answers: question_id, model, output; for length and style."
        ),
    ] = None,
    judge: JudgeOption = None,
    where: WhereOption = None,
    ties: Annotated[
        Ties,
        typer.Option(
            help="In agreement with people, a tie is a verdict like others, half right, or left out."
        ),
    ] = "apart",
    failed: Annotated[
        Literal["missing", "half", "wrong"] | None,
        typer.Option(
            help="Jurors without a verdict (winner empty or error) are left out, half right or wrong. "
            "Default: such a row is faulty."
        ),
    ] = None,
    canaries: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Battle worthless answers on N questions of a run before its jurors (paid calls).",
        ),
    ] = 0,
    on_error: OnErrorOption = "stop",
    runs_dir: RunsOption = RUNS,
    as_json: JsonOption = False,
) -> None:
    """Measure jurors: order, position, length, style, family, agreement; exit status 1 for a bad canary."""
    import orjson

    from ...tools.audit.accord import Counting
    from ...tools.audit.canned import canned
    from ...tools.audit.report import audit as measure
    from ..arena.config import ArenaConfig
    from ..config.load import load
    from ..labels import labels_file
    from ..leaderboard.asked import Asked
    from ..leaderboard.doubts import canned_doubts, exposure_doubts, repeated_doubts, twice_doubts
    from .data import Report, data, records_by, unjudged_data
    from .reading import NOBODY, read_answers, read_battles, read_labels
    from .text import show, show_unjudged

    run = _run(battles, runs_dir, needed=canaries > 0)
    sung = _sing(run, canaries) if canaries else None
    paths = [str(run.path)] if run else battles
    heap = read_battles(
        paths,
        Asked.of(judge, where),
        drop=on_error == "drop",
        failures=failed is not None and run is None,
    )
    broken = [told for told in _failures(run) if heap.met.asked.judge(told["juror"])]
    if not heap.plays:
        if as_json:
            say(orjson.dumps({**unjudged_data(heap.settled, sung), "failures": broken}).decode())
        else:
            show_unjudged(heap.settled, paths, sung, failed=broken)
        raise typer.Exit(EXIT_FOUND if sung and sung.findings else 0)
    if labels or (run and labels_file(run).is_file()):
        own = None if labels or run is None else str(labels_file(run))
        read_labels(own or str(labels), heap, drop=on_error == "drop", needed=not own)
    if answers:
        read_answers(answers, heap)
    counting = Counting(ties, failed or "missing")
    found = measure(heap.evidence(load(run.config, ArenaConfig).models if run else {}), counting)
    looks = () if heap.unnamed else canned(heap.said)
    doubts = [
        *canned_doubts(looks, option="`leaderboard --without-canned`"),
        *twice_doubts(heap.twice),
        *repeated_doubts(*heap.repeated, named=NOBODY not in heap.served),
        *exposure_doubts(found.exposure, ordered=heap.ordered),
    ]
    report = Report(
        found,
        sung,
        doubts,
        looks,
        records_by(heap.plays, heap.groups),
        dropped=heap.gate.counts(),
        unjudged=heap.unjudged,
        passed_over=heap.passed_over,
        failed=broken,
    )
    if as_json:
        say(orjson.dumps(data(report)).decode())
    else:
        show(report)
    if sung and sung.findings:
        raise typer.Exit(EXIT_FOUND)


def _run(battles: list[str], runs_dir: Path, *, needed: bool) -> "RunFolder | None":
    """Return the run that is meant, or None for files.

    Raises:
        UserError: There is nothing at all by that name, and a run is needed.
    """
    from ..folder import RunFolder

    if len(battles) != 1 or Path(battles[0]).is_file():
        return None
    places = (Path(battles[0]), runs_dir / battles[0])
    there = any(place.exists() for place in places)
    if not any(RunFolder(place).has_store for place in places) and (there or not needed):
        return None
    return RunFolder.find(battles[0], runs_dir)


def _failures(run: "RunFolder | None") -> list[dict[str, Any]]:
    """Return the jurors of a run with games that gave no verdict; files do not tell."""
    import asyncio

    from ..opening import stored
    from ..screen.judging import juror_failures

    if run is None:
        return []
    with stored(run.store()) as store:
        return [failures.data() for failures in asyncio.run(juror_failures(store))]


def _sing(run: "RunFolder | None", count: int) -> "Canaries":
    """Battle the canaries.

    Raises:
        UserError: there is no run whose jurors could be asked.
    """
    from ...agents.errors import StopRun, UserError
    from ..control.interrupt import run_interruptible
    from .probe import probe

    if run is None:
        raise UserError(
            "--canaries needs a run: files of battles have no jurors that could be asked"
        )
    try:
        with run.locked():
            return run_interruptible(probe(run, count))
    except StopRun as stop:
        aside(f"canaries stopped: {stop}; what was paid is kept: ask again to go on")
        raise typer.Exit(EXIT_STOPPED) from stop
