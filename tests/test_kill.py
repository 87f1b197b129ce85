"""`kill -9` at any point, then `resume`: the same dataset, and only calls in flight are paid twice."""

import asyncio
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.run import launch_async, resume_async
from tests.folders import differing
from tests.process import Tripwire, python, start
from tests.small_loop import write_config

IN_FLIGHT = 6 * 4
"""Six models with four calls each."""
SEEDS = 4
WELL = MockOptions(replies="offline", latency_ms=5)


@dataclass(frozen=True)
class Asked:
    """The server kills the run so many calls after a stage of a round has begun."""

    stage: str
    round: int
    calls: int


@dataclass(frozen=True)
class Told:
    """The run kills itself at an event of its own, or of Python's audit, that says these words."""

    event: str
    words: str


Point = Asked | Told
POINTS: dict[str, Point] = {
    "reading seeds": Told("reading", "seeds"),
    "early in generation": Asked("generate", 1, 3),
    "mid curation": Asked("curate", 1, 4),
    "mid battle": Asked("battle", 1, 40),
    "select": Told("stage_started", "'select'"),
    "what select leads to, side by side": Asked("select", 1, 1),
    "after the feedback": Told("round_started", "'round': 2"),
    "mid battle of round 2": Asked("battle", 2, 40),
    "writing the dataset": Told("os.rename", "preference/train.parquet"),
}
IN_TURN = ["mid battle", "select", "mid battle of round 2"]
CHILD = """
import os, signal, sys
from arenainstruct.runs import launch, load_config, resume

event, words, run, config, limit = sys.argv[1:]

def told(kind, data):
    if kind == event and words in str(data):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(told)
if config:
    folder, _, run_id = run.rpartition("/")
    launch(load_config(config), runs_dir=folder, run_id=run_id, limit=int(limit), on_event=told)
else:
    resume(run, on_event=told)
"""


@dataclass(frozen=True)
class Whole:
    """A run that nothing disturbs, and how many calls were paid when each of its stages began."""

    dataset: Path
    calls: int
    begun: dict[tuple[str, int], int]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    begun: dict[tuple[str, int], int] = {}

    async def run() -> Whole:
        async with MockServer(WELL) as mock:
            times = Counter[str]()

            def listen(kind: str, data: dict[str, Any]) -> None:
                if kind == "stage_started":
                    times[data["stage"]] += 1
                    begun[data["stage"], times[data["stage"]]] = mock.counters.paid.total()

            config = load_config(write_config(folder, mock.url))
            found = await launch_async(
                config, runs_dir=folder, run_id="whole-1", limit=SEEDS, on_event=listen
            )
            assert mock.counters.paid.total() == found.calls["paid"]
            assert mock.counters.report()["duplicates"] == 0
        return Whole(folder / "whole-1" / "dataset", found.calls["paid"], begun)

    return asyncio.run(run())


async def kill_at(
    point: Point, run: Path, config: Path | None, mock: MockServer, of: Whole
) -> None:
    """Start the run, or take it up where there is no config, and let it be killed without a warning."""
    if isinstance(point, Told):
        process = await python("-c", CHILD, point.event, point.words, run, config or "", SEEDS)
    else:
        first = ("run", config, "--runs-dir", run.parent, "--run-id", run.name, "--limit", SEEDS)
        process = await start(*(first if config else ("resume", run)))
        at = of.begun[point.stage, point.round] + point.calls
        assert len(mock.counters.paid) < at, "nothing is asked before Python has been imported"
        counters = Tripwire(at, process.kill)
        counters.paid.update(mock.counters.paid)
        mock.counters = counters
    _, said = await process.communicate()
    assert process.returncode == -signal.SIGKILL, said.decode()


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["mid battle"], id="mid battle"),
        *(
            pytest.param([name], id=name, marks=pytest.mark.slow)
            for name in POINTS
            if name != "mid battle"
        ),
        pytest.param(IN_TURN, id="three times", marks=pytest.mark.slow),
    ],
)
async def test_a_killed_run_resumes_to_the_same_dataset(
    names: list[str], whole: Whole, tmp_path: Path
) -> None:
    run = tmp_path / "killed-1"
    async with MockServer(WELL) as mock:
        config = write_config(tmp_path, mock.url)
        for name in names:
            await kill_at(POINTS[name], run, None if name != names[0] else config, mock, whole)
            status, _ = await (await start("ctl", run, "status")).communicate()
            assert status.decode().startswith("killed-1: killed, "), status
            assert f" resume {run}`" in status.decode()
        result = await resume_async(str(run))
        twice = mock.counters.report()["duplicates"]
        assert mock.counters.paid.total() == whole.calls + twice
    assert result.status == "completed"
    assert differing(run / "dataset", whole.dataset) == []
    assert twice <= IN_FLIGHT * len(names)


@pytest.mark.slow
@pytest.mark.parametrize("calls", [5, 90])
async def test_an_interrupt_ends_with_130_and_can_be_resumed(calls: int, tmp_path: Path) -> None:
    run = tmp_path / "stopped-1"
    async with MockServer(WELL) as mock:

        def interrupt() -> None:
            # An answer under way must not hold the reader up.
            mock.options = MockOptions(replies="offline", latency_ms=300_000)
            process.send_signal(signal.SIGINT)

        mock.counters = Tripwire(calls, interrupt)
        config = write_config(tmp_path, mock.url)
        process = await start(
            "run", config, "--runs-dir", tmp_path, "--run-id", run.name, "--limit", SEEDS
        )
        _, err = await process.communicate()
        said = err.decode()
        assert process.returncode == 130, said
        assert "Traceback" not in said
        last = said.splitlines()[-1]
        assert last.startswith("interrupted; go on with: ") and last.endswith(f" resume {run}")

        mock.options = WELL
        assert (await resume_async(str(run))).status == "completed"
