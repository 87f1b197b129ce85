"""`kill -9` at any point, then `resume`: the same dataset, and only calls in flight are paid twice."""

import asyncio
import logging
import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.mock.counters import Counters
from arenainstruct.runs.run import launch_async, resume_async

Cli = Callable[..., Awaitable[Process]]
Differing = Callable[[Path, Path], list[str]]
IN_FLIGHT = 6 * 4
"""Six models with four calls each."""
SEEDS = 6
LOG = logging.getLogger(__name__)

Point = tuple[str, int, int]
"""(stage or file, the how manieth time it begins, calls paid since then)."""

POINTS: dict[str, Point] = {
    "reading seeds": ("store.sqlite", 1, 0),
    "early in generation": ("generate", 1, 3),
    "mid curation": ("curate", 1, 8),
    "mid battle": ("battle", 1, 40),
    "select": ("select", 1, 0),
    "after the feedback": ("generate", 2, 0),
    "mid battle of round 2": ("battle", 2, 40),
    "writing the dataset": ("dataset", 1, 0),
}
ONE_BY_ONE = [[name] for name in POINTS]
IN_TURN = [list(POINTS)[:4], list(POINTS)[4:]]


def begun(run: Path, stage: str) -> int:
    """Return how often a stage has begun, as the run's own store tells, or whether a file is there."""
    if (run / stage).exists():
        return 1
    query = "SELECT count(*) FROM events WHERE kind = 'stage_started' AND data LIKE ?"
    try:
        with closing(sqlite3.connect(f"file:{run}/store.sqlite?mode=ro", uri=True)) as base:
            found: int = base.execute(query, (f'%"{stage}"%',)).fetchone()[0]
            return found
    except sqlite3.OperationalError:  # it is not there yet
        return 0


async def kill_at(point: Point, run: Path, process: Process, mock: MockServer) -> None:
    """Kill a process without a warning as soon as its run has reached a point."""
    stage, times, calls = point
    enough: int | None = None
    while enough is None or mock.counters.paid.total() < enough:
        assert process.returncode is None, f"the run ended before {point}"
        if enough is None and begun(run, stage) >= times:
            enough = mock.counters.paid.total() + calls
        await asyncio.sleep(0.002)
    process.kill()
    await process.communicate()


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    """A mock server whose models really play their roles."""
    async with MockServer(MockOptions(latency_ms=15, replies="offline")) as server:
        yield server


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(IN_TURN, id="four times in a run"),
        pytest.param(ONE_BY_ONE, id="once in a run", marks=pytest.mark.slow),
    ],
)
async def test_a_run_killed_anywhere_resumes_to_the_same_dataset(
    kills: list[list[str]],
    mock: MockServer,
    cli: Cli,
    loop_config: Callable[..., Path],
    differing: Differing,
    tmp_path: Path,
) -> None:
    config = loop_config(mock.url)
    whole = await launch_async(
        load_config(config), runs_dir=tmp_path, run_id="whole-1", limit=SEEDS
    )
    paid = whole.calls["paid"]
    assert mock.counters.paid.total() == paid and mock.counters.report()["duplicates"] == 0

    for number, names in enumerate(kills):
        mock.counters = Counters()
        run = tmp_path / f"killed-{number}"
        start: tuple[object, ...] = ("run", config, "--runs-dir", tmp_path, "--run-id", run.name)
        start += ("--limit", SEEDS)
        for name in names:
            await kill_at(POINTS[name], run, await cli(*start), mock)
            start = ("resume", run)
        result = await resume_async(str(run))

        assert result.status == "completed"
        assert differing(run / "dataset", tmp_path / "whole-1" / "dataset") == [], names
        twice = mock.counters.report()["duplicates"]
        LOG.info("killed %s: %d of %d calls paid twice", ", ".join(names), twice, paid)
        assert twice <= IN_FLIGHT * len(names), names
        assert mock.counters.paid.total() == paid + twice, names
