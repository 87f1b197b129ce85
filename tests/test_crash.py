"""What a machine does to a run: no room, damaged files, odd names, Ctrl-C, and calls that all fail."""

import asyncio
import json
import logging
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from asyncio.subprocess import Process
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner

from arenainstruct.agents.errors import StopRun, UserError
from arenainstruct.agents.records import Reject
from arenainstruct.graphs import kinds
from arenainstruct.runs.cli import app
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.mock.request import ChatRequest
from arenainstruct.runs.result import RunResult
from arenainstruct.runs.run import launch_async, resume_async
from arenainstruct.runs.screen.summary import summary
from arenainstruct.runs.screen.terminal import program
from arenainstruct.runs.store import STORE_FILE, Store
from tests.command import command
from tests.folders import differing
from tests.process import start
from tests.small_loop import write_config

LOG = logging.getLogger(__name__)
WELL = MockOptions(replies="offline")


async def small(config: Path, folder: Path, run_id: str = "small-1") -> RunResult:
    """Return a small run that nothing disturbs."""
    return await launch_async(load_config(config), runs_dir=folder, run_id=run_id, limit=2)


class Refusing(MockServer):
    """A server that refuses every call while `status` is set."""

    def __init__(self, options: MockOptions, status: int) -> None:
        super().__init__(options)
        self.status = status

    async def _answer(self, http: web.Request, request: ChatRequest) -> web.Response:
        if self.status:
            return self._error(self.status, "not today")
        return await super()._answer(http, request)


class Watched(MockServer):
    """A server that tells when it has been asked so often."""

    def __init__(self, options: MockOptions) -> None:
        super().__init__(options)
        self._asked = asyncio.Condition()

    async def begun(self, calls: int) -> None:
        """Return once so many calls have come in."""
        async with self._asked:
            await self._asked.wait_for(lambda: self.counters.attempts.total() >= calls)

    async def _answer(self, http: web.Request, request: ChatRequest) -> web.Response:
        async with self._asked:
            self._asked.notify_all()
        return await super()._answer(http, request)


async def ended(process: Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 500])
async def test_a_run_whose_calls_all_fail_says_so_and_goes_on_when_they_work(
    status: int, tmp_path: Path
) -> None:
    async with Refusing(WELL, status) as mock:
        config = write_config(tmp_path, mock.url, rounds=1, each={"retries": 0})
        result = await small(config, tmp_path, "failed-1")
        assert result.status.startswith("stopped: ")
        assert str(status) in result.reason
        assert result.calls["paid"] == 0
        mock.status = 0
        again = await resume_async(result.path)
        whole = await small(config, tmp_path, "whole-1")
    assert again.completed
    assert (
        differing(Path(again.path) / "dataset" / "sft", Path(whole.path) / "dataset" / "sft") == []
    )


@pytest.mark.slow
async def test_a_full_disk_is_a_stop_that_names_the_folder_and_a_resume_goes_on(
    tmp_path: Path,
) -> None:
    async with MockServer(WELL) as mock:
        config = write_config(tmp_path, mock.url, rounds=1)
        whole = await small(config, tmp_path, "whole-1")
        process = await start(
            *("run", config, "--runs-dir", tmp_path, "--run-id", "full-1", "--limit", 2)
        )
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (500_000, 500_000))
        status, told, said = await ended(process)
        assert status == 3, said
        assert "cannot be written" in told + said and "Traceback" not in said
        result = await resume_async(str(tmp_path / "full-1"))
    assert result.completed
    assert differing(tmp_path / "full-1" / "dataset", Path(whole.path) / "dataset") == []


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is done, to be copied and hurt."""
    folder = tmp_path_factory.mktemp("done")
    config = load_config(None, ["rounds=1"])
    return Path(asyncio.run(launch_async(config, runs_dir=folder, run_id="done-1", limit=2)).path)


@pytest.fixture
def hurt(done: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(done, tmp_path / "hurt-1"))


def spoil(path: Path) -> None:
    """Overwrite the middle of a file."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


@pytest.mark.slow
async def test_a_store_that_lost_all_is_not_paid_for_again(hurt: Path) -> None:
    (hurt / "store.sqlite").write_bytes(b"")
    with pytest.raises(UserError, match=r"store.sqlite: is empty \(0 bytes\)"):
        await resume_async(str(hurt))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["store.sqlite", "checkpoints.sqlite"])
async def test_a_damaged_database_is_named_with_the_next_move(name: str, hurt: Path) -> None:
    spoil(hurt / name)
    with pytest.raises(UserError, match=name):
        await resume_async(str(hurt), overrides=("rounds=2",))


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["resume", "{}", "--set", "rounds=2"],
        ["replay", "{}"],
        ["policy", "show", "{}"],
        ["diff", "{}", "{}"],
        ["export", "{}", "--html", "{}/run.html"],
    ],
    ids=lambda words: words[0],
)
def test_a_record_that_cannot_be_read_is_told_by_every_command(
    words: list[str], hurt: Path
) -> None:
    with closing(sqlite3.connect(hurt / "store.sqlite")) as base, base:
        base.execute("UPDATE records SET body = 'zzz'")
    said = command(*(word.format(hurt) for word in words), cwd=hurt)
    assert said.status == 2 and "Traceback" not in said.err
    for part in ("store.sqlite", "is damaged", "put a copy of it back"):
        assert part in said.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE parts SET body = x'00000001aa'", "prompts"),
        ("UPDATE parts SET body = x'00000001aa'", "calls"),
        ("UPDATE ledger SET tool_calls = 'zz'", "calls"),
        ("UPDATE meta SET value = 'zz' WHERE key != 'format'", "resume"),
        ("UPDATE meta SET value = 'zz' WHERE key = 'format'", "calls"),
    ],
)
def test_whatever_of_a_store_cannot_be_read_is_named(damage: str, words: str, hurt: Path) -> None:
    with closing(sqlite3.connect(hurt / "store.sqlite")) as base, base:
        base.execute(damage)
    said = command(words, hurt, cwd=hurt)
    assert said.status == 2 and "Traceback" not in said.err
    assert "store.sqlite: " in said.err


@pytest.mark.slow
def test_a_call_that_is_not_there_is_told(hurt: Path) -> None:
    said = command("calls", hurt, "--id", "zzzz", cwd=hurt)
    assert said.status == 2 and "--id zzzz: no call's key" in said.err


@pytest.mark.slow
@pytest.mark.parametrize(("name", "said"), [("config.yaml", ""), ("manifest.json", "damaged")])
def test_a_replay_names_the_run_s_own_file_that_is_lost(name: str, said: str, hurt: Path) -> None:
    (hurt / name).unlink()
    told = command("replay", hurt, cwd=hurt)
    assert told.status == 2 and f"error: {hurt / name}: " in told.err and said in told.err


def test_what_is_no_result_or_no_lock_holds_nothing_up(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for text in ("[1]", "[" * 100_000, "{", ""):
        folder.result.write_text(text)
        assert folder.ended() == {}
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(StopRun, match="lock"), folder.locked():
        pass


@pytest.mark.slow
async def test_a_run_without_its_checkpoints_is_made_again_from_its_ledger(
    hurt: Path,
    done: Path,
) -> None:
    (hurt / "checkpoints.sqlite").unlink()
    result = await resume_async(str(hurt))
    assert result.completed and result.calls["paid"] == 0
    assert differing(hurt / "dataset", done / "dataset") == []


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "{", "[]", '{"seeds": 1}'])
async def test_a_damaged_manifest_is_named(text: str, hurt: Path) -> None:
    (hurt / "manifest.json").write_text(text)
    with pytest.raises(UserError, match=r"manifest.json"):
        await resume_async(str(hurt))


def test_an_over_long_run_id_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="File name too long"):
        RunFolder.create(tmp_path, "a-" + "b" * 300)


@pytest.mark.slow
async def test_a_folder_that_cannot_be_written_stops_the_run(
    hurt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write everywhere: a folder in the place of a file cannot be opened by anyone.
    shutil.rmtree(hurt / "dataset")
    (hurt / "dataset").write_text("in the way")
    with pytest.raises(StopRun, match="cannot be written"):
        await resume_async(str(hurt))


async def interrupted(mock: Watched, calls: int, folder: Path, run_id: str) -> Process:
    """Start a run, press Ctrl-C once so many calls have come in, and return when it says it is stopping."""
    config = write_config(folder, mock.url)
    process = await start("run", config, "--runs-dir", folder, "--run-id", run_id)
    await mock.begun(calls)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    async for line in process.stderr:
        if line.startswith(b"stopping: "):
            break
    return process


@pytest.mark.slow
async def test_ctrl_c_lets_replies_under_way_land_and_no_request_leaves_after_it(
    tmp_path: Path,
) -> None:
    async with Watched(replace(WELL, latency_ms=700)) as mock:
        process = await interrupted(mock, 9, tmp_path, "stopped-1")
        status, _, said = await ended(process)
        assert status == 130 and "Traceback" not in said
        asked, paid = mock.counters.attempts.total(), mock.counters.paid.total()
    # Eight are in flight at most: what had left at Ctrl-C arrives, and nothing follows while it lands.
    assert 9 <= asked <= 9 + 8
    store = Store.open(tmp_path / "stopped-1" / STORE_FILE)
    kept = (await store.totals()).calls
    store.close()
    assert kept == paid == asked, "every reply that was under way is in the ledger"


@pytest.mark.slow
async def test_a_second_ctrl_c_waits_for_nobody(tmp_path: Path) -> None:
    async with Watched(replace(WELL, latency_ms=60_000)) as mock:
        process = await interrupted(mock, 1, tmp_path, "stopped-2")
        process.send_signal(signal.SIGINT)
        status, _, said = await ended(process)
        assert status == 130 and "Traceback" not in said


@pytest.mark.slow
def test_two_hundred_kills_between_any_two_commits_change_no_byte(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.soak", "200", "7", str(tmp_path)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    LOG.info("%d kills over %d runs", found["kills"], found["runs"])
    assert found["kills"] == 200 and found["wrong"] == []


@pytest.mark.slow
async def test_a_juror_who_fails_is_told_before_anything_it_said(tmp_path: Path) -> None:
    class OneBroken(MockServer):
        async def _answer(self, http: web.Request, request: ChatRequest) -> web.Response:
            if request.model == "judge-2":
                return self._error(400, "no verdict today")
            return await super()._answer(http, request)

    async with OneBroken(WELL) as mock:
        result = await small(write_config(tmp_path, mock.url, rounds=1), tmp_path, "jury-1")
    (broken,) = result.jurors
    assert broken["juror"] == "judge-2" and broken["games"] == 0 and broken["share"] == 1
    assert broken["reasons"] == {"model": broken["failed"]} and broken["failed"] > 10
    page = summary(result)
    assert "judge/model\n" in page and "no verdict today" in page, "what was said stands beside it"
    first = page.split("\n\n")[1]
    assert "judge-2 gave no verdict" in first and "mend it before you trust" in first
    assert f"to ask again for what failed alone: {program()} resume {result.path}" in first
    heard = await asyncio.to_thread(told, "audit", result.path)
    assert heard.startswith("judge-2 gave no verdict in")
    heard = await asyncio.to_thread(told, "calls", result.path, "--failed")
    assert "attempt 1: status 400: no verdict today\n" in heard
    store = Store.open(tmp_path / "jury-1" / STORE_FILE)
    failed = [r async for r in store.stream(kinds.REJECT) if r.stage == "judge"]
    asked = [(await store.attempts(key))[-1] for reject in failed for key in reject.calls]
    store.close()
    assert len(asked) == len(failed) and all("no verdict today" in a.error for a in asked)

    lines = (await asyncio.to_thread(told, "calls", result.path, "--failed")).splitlines()
    assert len(lines) == len({key for reject in failed for key in reject.calls}) + 2
    assert all("juror" in line and "no verdict today" in line for line in lines[1:-1])
    key = failed[0].calls[0]
    page = await asyncio.to_thread(told, "calls", result.path, "--id", key)
    assert page.startswith(f"{key}: failed\njuror (judge-2: openai/judge-2) about ")
    assert "── system" in page and "You are a juror" in page and "score_first" in page
    about = await asyncio.to_thread(told, *_about(result, failed[0]))
    rows = [json.loads(row) for row in about.splitlines()]
    assert {"juror", "contender"} <= {row["role"] for row in rows}
    assert all(row["sent"] and (row["text"] or row["errors"]) for row in rows)


def _about(result: RunResult, reject: Reject) -> tuple[str, ...]:
    return ("calls", result.path, "--id", reject.subject, "--json")


def told(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output
