"""Model-written Python: what it can do, what it cannot, and that its variables survive a resume."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from arenainstruct.agents.errors import Diverged
from arenainstruct.agents.tool_door import ToolDoor, ToolUse
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.store import Store
from arenainstruct.tools.interpreter import NoSandbox, open_session, place, run_once
from arenainstruct.tools.registry import TOOLS
from arenainstruct.tools.settings import InterpreterSettings, ToolSettings
from arenainstruct.tools.tool import Given

SMALL = InterpreterSettings(timeout_s=5, memory_mb=256, disk_mb=8, processes=8, output=1_000)
sandboxed = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed (apt install bubblewrap)"
)


@sandboxed
async def test_variables_survive_and_what_is_raised_is_told_with_its_line() -> None:
    async with await open_session(SMALL) as session:
        assert (await session.run("x = 6 * 7\nx")).value == "42"
        assert (await session.run("print('x is', x)")).output == "x is 42\n"
        assert (
            await session.run("y = 1\ny / 0")
        ).error == "ZeroDivisionError: division by zero (line 2)"
        assert (await session.run("x + y")).value == "43"
        assert (await session.run("x\ndef f(:")).error == "SyntaxError: invalid syntax (line 2)"


ATTACKS = {
    "the host's files": ("open('/etc/hostname').read()", "FileNotFoundError"),
    "the home": (f"import os\nos.listdir({str(Path.home())!r})", "FileNotFoundError"),
    "the project": (f"open({__file__!r}).read()", "FileNotFoundError"),
    "writing to the system": ("open('/usr/lib/x', 'w')", "OSError"),
    "the network": (
        "import socket\nsocket.create_connection(('127.0.0.1', 9), 1)",
        "Error",
    ),
    "the outer network": ("import socket\nsocket.create_connection(('192.0.2.1', 80), 1)", "Error"),
    "memory": ("'a' * 10**10", "MemoryError"),
    "the disk by one file": ("open('/tmp/big', 'wb').write(b'x' * 10**8)", "OSError"),
    "the disk by many": (
        "for n in range(100):\n    open(f'/tmp/{n}', 'wb').write(b'x' * 10**6)",
        "OSError",
    ),
    "a fork bomb": ("import os\nwhile True:\n    os.fork()", "BlockingIOError"),
    "threads without end": (
        "import threading, time\n"
        "for _ in range(99):\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "RuntimeError",
    ),
    "becoming root": ("import os\nos.setuid(0)", "Error"),
    "mounting": (
        "import subprocess\nsubprocess.run(['mount', '-t', 'tmpfs', 'x', '/tmp'], check=True)",
        "Error",
    ),
    "shared memory": (
        "for n in range(40):\n    open(f'/dev/shm/{n}', 'wb').write(b'x' * 10**6)",
        "OSError",
    ),
    "the folder of devices": ("open('/dev/x', 'w')", "Read-only file system"),
    "memory that is no process's": ("import os\nos.memfd_create('x')", "PermissionError"),
    "descriptors without end": (
        "import os\nheld = [os.pipe() for _ in range(999)]",
        "Too many open files",
    ),
    "a file system of its own": (
        "import subprocess\nsubprocess.run(['unshare', '-Urm', 'true'], check=True)",
        "CalledProcessError",
    ),
    "being traced": (
        "import ctypes\nif ctypes.CDLL(None).ptrace(0, 0, 0, 0):\n    raise PermissionError",
        "PermissionError",
    ),
    "other processes": ("import os\nos.listdir('/proc')", "FileNotFoundError"),
}


@sandboxed
@pytest.mark.parametrize("attack", ATTACKS)
async def test_the_sandbox_holds(attack: str) -> None:
    code, error = ATTACKS[attack]
    async with await open_session(SMALL) as session:
        told = await session.run(code)
        assert error in told.error, told
        assert (await session.run("1 + 1")).value == "2" or attack.startswith("threads")


@sandboxed
async def test_nothing_of_the_environment_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-models")
    (cell,) = await run_once(SMALL, ["import os\nsorted(os.environ), os.getpid() < 10"])
    assert "OPENAI" not in cell.value and "True" in cell.value


@sandboxed
async def test_what_the_code_started_ends_with_the_call() -> None:
    async with await open_session(SMALL) as session:
        code = "import subprocess\nsubprocess.Popen(['sleep', '987654']).poll()"
        assert (await session.run(code)).ok
        assert not _running("987654")


@sandboxed
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while True: pass", "stopped after 1 s"),
        ("import os\nos._exit(0)", "ended"),
        ("import os\nos.kill(os.getpid(), 9)", "ended"),
        (
            "import os\nfor fd in range(3, 9):\n    try: os.write(fd, b'[' * 99 + b'\\n')\n"
            "    except OSError: pass",
            "only the interpreter answers",
        ),
    ],
)
async def test_a_lost_session_says_so_and_begins_anew(code: str, why: str) -> None:
    async with await open_session(SMALL.model_copy(update={"timeout_s": 1.0})) as session:
        await session.run("x = 1")
        assert why in (told := await session.run(code)).lost and "variables are gone" in told.lost
        assert (await session.run("x")).error.startswith("NameError")


@sandboxed
async def test_many_processes_hold_no_more_memory_than_a_session_may() -> None:
    settings = SMALL.model_copy(update={"memory_mb": 120, "timeout_s": 30.0})
    code = (
        "import os, time\n"
        "for _ in range(6):\n"
        "    if os.fork() == 0:\n        held = bytearray(80 * 2**20)\n        time.sleep(60)\n"
        "time.sleep(60)"
    )
    (cell,) = await run_once(settings, [code])
    assert "held too much memory" in cell.lost


@sandboxed
async def test_a_crowd_of_empty_files_ends_the_session() -> None:
    code = "for n in range(60_000):\n    open(f'/tmp/{n}', 'w').close()"
    (cell,) = await run_once(SMALL.model_copy(update={"timeout_s": 60.0}), [code])
    assert "ended" in cell.lost


@sandboxed
async def test_the_code_is_main_and_what_it_breaks_of_its_streams_is_whole_again() -> None:
    async with await open_session(SMALL) as session:
        code = "import pickle, sys\nclass A: n = 7\nsys.stdout = sys.stderr = None\n"
        assert (await session.run(code + "pickle.loads(pickle.dumps(A())).n")).value == "7"
        await session.run("import os\nos.mkdir('/tmp/a'); os.chdir('/tmp/a'); os.rmdir('/tmp/a')")
        assert (await session.run("print(A.n)")).output == "7\n"


@sandboxed
async def test_an_interrupt_on_the_terminal_is_not_for_the_sandbox() -> None:
    """A terminal sends it to every process of the group that stands in front."""
    async with await open_session(SMALL.model_copy(update={"memory_mb": 253})) as session:
        await session.run("x = 1")
        worker = _running(str(253 * 1024 * 1024))
        assert worker and os.getpgid(worker) != os.getpgrp()


@sandboxed
async def test_output_is_cut() -> None:
    (cell,) = await run_once(SMALL, ["print('x' * 10**6)\n'y' * 10**6"])
    assert len(cell.output) == len(cell.value) == 1_002 and cell.output.endswith("…")


@sandboxed
async def test_many_at_once_share_no_limit() -> None:
    sessions = [await open_session(SMALL) for _ in range(6)]
    told = await asyncio.gather(
        *(s.run("import subprocess\nsubprocess.run(['true']).returncode") for s in sessions)
    )
    await asyncio.gather(*(s.close() for s in sessions))
    assert [cell.value for cell in told] == ["0"] * 6


@sandboxed
async def test_a_cancelled_call_leaves_no_process() -> None:
    session = await open_session(SMALL.model_copy(update={"memory_mb": 251}))
    await session.run("import time")
    mark = str(251 * 1024 * 1024)  # one of the limits, which stand on the worker's command line
    assert _running(mark)
    call = asyncio.create_task(session.run("time.sleep(60)"))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await session.close()
    assert not _running(mark)


def test_without_a_sandbox_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoSandbox, match="apt install bubblewrap"):
        place(SMALL)
    assert place(SMALL.model_copy(update={"unsafe": True})).command


async def test_a_resume_finds_the_variables_that_served_calls_made(tmp_path: Path) -> None:
    """The first two calls are paid in one process, the third in another, which runs them again."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    calls = ["x = [1]", "x.append(2)\nlen(x)", "x.append(3)\nlen(x)"]
    first = await _talk(tmp_path, calls[:2])
    both = await _talk(tmp_path, calls)
    assert both[:2] == first and json.loads(both[2])["value"] == "3"
    # Replayed, nothing runs at all; and another past is another call.
    assert await _talk(tmp_path, calls, network=False) == both
    with pytest.raises(Diverged, match="run_python"):
        await _talk(tmp_path, [*calls[:1], calls[2]], network=False)


async def _talk(
    folder: Path,
    calls: list[str],
    *,
    network: bool = True,
    settings: InterpreterSettings = SMALL,
) -> list[str]:
    store = Store.open(folder / "store.sqlite")
    try:
        door = ToolDoor(store, await store.budget(None), network=network)
        async with Given(settings=ToolSettings(interpreter=settings)) as given:
            uses = [json.dumps({"code": code}) for code in calls]
            return [
                await door.call(ToolUse(TOOLS["run_python"], use, given, "contender/a", "i"))
                for use in uses
            ]
    finally:
        store.close()


@sandboxed
async def test_a_result_that_is_cut_keeps_its_variables(tmp_path: Path) -> None:
    long = """x = [1]\nprint('"' * 20_000)\n'"' * 20_000"""
    calls = [long, "x"]
    told = await _talk(tmp_path, calls, settings=InterpreterSettings())
    assert "cut after" in told[0] and json.loads(told[1])["value"] == "[1]"


def test_settings_are_a_section_of_the_config() -> None:
    config = load_config(None, ["tools.interpreter.timeout_s=3", "tools.search.region=de-de"])
    assert config.tool_settings().interpreter.timeout_s == 3
    assert config.tool_settings().search.region == "de-de"


@pytest.fixture
async def kernel(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[dict[str, Any]]]:
    """A code-interpreter server as E2B's client speaks to it in its debug mode."""
    pytest.importorskip("e2b_code_interpreter")
    asked: list[dict[str, Any]] = []

    async def execute(request: web.Request) -> web.Response:
        body = await request.json()
        asked.append(body)
        rows: list[dict[str, Any]] = [{"type": "stdout", "text": "hi\n", "timestamp": 0}]
        if body["code"] == "1/0":
            rows.append(
                {
                    "type": "error",
                    "name": "ZeroDivisionError",
                    "value": "division by zero",
                    "traceback": "",
                }
            )
        else:
            rows.append({"type": "result", "text": "42", "is_main_result": True})
        rows.append({"type": "end_of_execution"})
        return web.Response(text="".join(json.dumps(row) + "\n" for row in rows))

    async def context(request: web.Request) -> web.Response:
        return web.json_response({"id": "ctx-1", "language": "python", "cwd": "/"}, status=201)

    app = web.Application()
    app.router.add_post("/execute", execute)
    app.router.add_post("/contexts", context)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 49999).start()
    except OSError:
        await runner.cleanup()
        pytest.skip("port 49999, which E2B's client asks in its debug mode, is taken")
    monkeypatch.setenv("E2B_DEBUG", "true")
    yield asked
    await runner.cleanup()


async def test_e2b_runs_code_through_its_own_client(kernel: list[dict[str, Any]]) -> None:
    async with await open_session(InterpreterSettings(backend="e2b")) as session:
        cell = await session.run("6 * 7")
        assert (cell.output, cell.value, cell.error) == ("hi\n", "42", "")
        assert (await session.run("1/0")).error == "ZeroDivisionError: division by zero"
        assert session.cells == ("6 * 7", "1/0")
    assert {body["context_id"] for body in kernel} == {"ctx-1"}


async def test_e2b_without_a_key_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("e2b_code_interpreter")
    for name in ("E2B_API_KEY", "E2B_DEBUG", "E2B_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RuntimeError, match="set E2B_API_KEY"):
        await open_session(InterpreterSettings(backend="e2b"))


def _running(word: str) -> int:
    """Return a process of this machine that has a word in its command line; 0 where there is none."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                line = Path(f"/proc/{entry}/cmdline").read_bytes()
            except OSError:
                continue
            if word.encode() in line and int(entry) != os.getpid():
                return int(entry)
    return 0
