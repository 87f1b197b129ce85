"""A run is steered from outside, through its store alone; and its rejected rows are asked again by name."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.flight import Gate
from arenainstruct.graphs import kinds
from arenainstruct.runs import load_config
from arenainstruct.runs.control.again import ask_again, waiting
from arenainstruct.runs.control.control import LIVE, Live, ask, machine, standing
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.opening import stored
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async, resume_async
from arenainstruct.runs.screen.progress import Progress
from arenainstruct.runs.store import STORE_FILE, Place
from tests.command import command
from tests.small_loop import write_config

PRICED = {"price": {"input": 1.0, "output": 1.0}}


@pytest.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer(MockOptions(latency_ms=20)) as server:
        yield server


async def at_work(folder: RunFolder) -> Live:
    """Return how a run is, once it tells it."""
    while True:
        if folder.has_store:
            with stored(folder.store()) as store:
                data = await store.get_meta(LIVE)
            if data and Live.read(data).at_work and data["calls"]:
                return Live.read(data)
        await asyncio.sleep(0.05)


async def until(folder: RunFolder, **wanted: Any) -> Live:
    while True:
        live = await at_work(folder)
        if all(getattr(live, name) == value for name, value in wanted.items()):
            return live
        await asyncio.sleep(0.05)


def test_the_time_left_takes_no_pause_for_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    progress, door = Progress(), SimpleNamespace(gate=Gate())
    progress.take("run_started", {"run_id": "a-1", "door": door})
    progress.take("round_started", {"round": 1, "rounds": 1})
    progress.take("stage_started", {"stage": "battle", "total": 10})
    stage = progress.stages[-1]
    now = 110.0
    for _ in range(5):
        progress.take("progress", {})
    assert stage.left_s() == 10.0
    door.gate.pause()
    now = 4_000.0
    door.gate.pause()
    assert (stage.left_s(), stage.rate()) == (10.0, 0.5)
    assert progress.head().endswith("paused")
    door.gate.go()
    now = 4_010.0
    assert (stage.left_s(), stage.took_s()) == (20.0, 20.0)
    assert not progress.head().endswith("paused")


@pytest.mark.slow
async def test_a_run_pauses_goes_on_takes_a_budget_and_stops(
    server: MockServer, tmp_path: Path
) -> None:
    config = load_config(write_config(tmp_path, server.url, PRICED, rounds=1))
    run = asyncio.create_task(launch_async(config, runs_dir=tmp_path, run_id="a-1"))
    folder = RunFolder(tmp_path / "a-1")

    before = await at_work(folder)
    assert set(before.models) == set(config.models)
    await ask(folder, word="pause")
    await until(folder, paused=True)
    await asyncio.sleep(0.1)  # what was under way lands
    asked = server.counters.attempts.total()
    still = await until(folder, paused=True)
    assert still.left_s is None and not still.rate, "nobody can tell while it is paused"
    assert server.counters.attempts.total() == asked

    await ask(folder, usd=12.5)
    await until(folder, ceiling=12.5)
    assert load_config(folder.config).budget.usd == 12.5

    await ask(folder, word="go")
    await until(folder, paused=False)
    await ask(folder, word="stop")
    result = await run
    assert result.status == "stopped: ctl"

    with pytest.raises(UserError, match="no process is at work"):
        await ask(folder, word="pause")
    status = await asyncio.to_thread(command, "ctl", folder.path, "status", cwd=tmp_path)
    assert status.status == 0 and status.out.startswith("a-1: stopped: ctl, round 1/1")
    assert f" resume {folder.path}`" in status.out
    again = await resume_async(str(folder.path))
    assert again.completed


OFFLINE = MockOptions(replies="offline")


async def rejected(folder: RunFolder, reason: str) -> list[str]:
    with stored(folder.store()) as store:
        return [r.id async for r in store.stream(kinds.REJECT) if r.reason == reason]


@pytest.mark.slow
async def test_a_refused_row_is_asked_again_and_only_that(tmp_path: Path) -> None:
    async with MockServer(OFFLINE) as mock:
        config = load_config(write_config(tmp_path, mock.url, rounds=1, seed=1))
        result = await launch_async(config, runs_dir=tmp_path, run_id="a-1", limit=4)
        folder, before = RunFolder(tmp_path / "a-1"), mock.counters.paid.total()
        refused = await rejected(folder, "off_passage")
        assert result.completed and refused

        for id, why in (
            ((await rejected(folder, "duplicate"))[0], "the same would come out again"),
            ((await rejected(folder, "too_short"))[0], "was not taken in"),
            ("reject-0", "no such reject"),
        ):
            with pytest.raises(UserError, match=why):
                await ask_again(folder, [id])

        assert await ask_again(folder, refused) == tuple(sorted(refused))
        assert await ask_again(folder, refused[:1]) == tuple(sorted(refused))
        again = await resume_async(str(folder.path))
        # The same model says the same of the same question: it was asked once more, and nobody else was.
        assert again.completed and mock.counters.paid.total() == before + len(refused)
        assert await rejected(folder, "off_passage") == refused
        with stored(folder.store()) as store:
            assert await waiting(store) == ()
        await resume_async(str(folder.path))
        assert mock.counters.paid.total() == before + len(refused)
    assert (await replay_async(str(folder.path))).identical


@pytest.mark.slow
async def test_an_earlier_round_stays_what_later_ones_were_made_under(tmp_path: Path) -> None:
    async with MockServer(OFFLINE) as mock:
        config = load_config(write_config(tmp_path, mock.url, rounds=2))
        await launch_async(config, runs_dir=tmp_path, run_id="a-1", limit=4)
    folder = RunFolder(tmp_path / "a-1")
    with stored(folder.store()) as store:
        first = [r.id async for r in store.stream(kinds.REJECT) if r.round == 1]
    with pytest.raises(UserError, match="has gone on to round 2"):
        await ask_again(folder, first[:1])


async def test_a_run_that_ends_while_it_is_looked_at_was_not_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path / "a-1")
    folder.path.mkdir()
    told = dict(paused=False, stopping=False, reached={}, rate=0.0, left_s=None, usd=0.0)
    told |= dict(ceiling=None, calls=0, models={}, at=time.time(), machine=machine())
    with stored(Place.of(folder.path / STORE_FILE)) as store:
        await store.set_meta(LIVE, told | {"pid": os.getpid()})

    def ends(pid: int, number: int) -> None:
        with closing(sqlite3.connect(folder.path / STORE_FILE)) as base, base:
            ended = json.dumps(told | {"pid": 0})
            base.execute("UPDATE meta SET value = ? WHERE key = ?", (ended, LIVE))
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", ends)
    assert (await standing(folder)).status == "ended"


@pytest.mark.parametrize("reaped", [True, False])
def test_a_killed_run_is_not_taken_for_one_at_work(reaped: bool) -> None:
    code = (
        "import json, os, sys; from arenainstruct.runs.control.control import machine; "
        "print(json.dumps([os.getpid(), machine()]), flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    pid, machine = json.loads(child.stdout.readline())
    told = dict(paused=False, stopping=False, reached={}, rate=0.0, left_s=None, usd=0.0)
    told |= dict(ceiling=None, calls=0, models={}, at=time.time(), pid=pid, machine=machine)
    assert Live.read(told).at_work
    child.kill()
    if reaped:
        child.communicate()
    else:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # ended, and nobody has asked how
    assert not Live.read(told).at_work
    assert Live.read(told | {"machine": "elsewhere"}).at_work, (
        "what runs elsewhere is not seen here"
    )
    child.communicate()
