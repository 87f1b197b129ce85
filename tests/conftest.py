"""What all tests share: no socket off loopback, and documents of our own."""

import asyncio
import filecmp
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture
def shared() -> Path:
    """The folder of recorded real data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the recorded data is not beside this checkout")
    return SHARED


@pytest.fixture
def loop_config(tmp_path: Path) -> Callable[..., Path]:
    """Write the config of a small loop of two rounds, all its models behind one mock server.

    `each` holds further fields of every model, the rest are sections of the config.
    """

    def write(url: str, each: dict[str, Any] | None = None, **sections: Any) -> Path:
        def model(name: str) -> dict[str, Any]:
            own = {"provider": "openai", "model": name, "base_url": url, "concurrency": 4}
            return own | (each or {})

        names = ("strong-1", "medium-1", "weak-1", "judge-1", "judge-2", "judge-3")
        data = {
            "seeds": str(Path(__file__).parents[1] / "runs" / "demo"),
            "skills": ["reading_comprehension"],
            "rounds": 2,
            "per_seed": {"passages": 1, "instructions": 2, "refinements": 1, "directions": 1},
            "models": {name: model(name) for name in names},
            "cast": {
                "default": "strong-1",
                "target": "weak-1",
                "contenders": ["strong-1", "medium-1"],
                "jury": ["judge-1", "judge-2"],
                "evaluation_jury": ["judge-3"],
            },
            "arena": {"battles_per_instruction": 2},
            "execution": {"in_flight": 8, "patience_s": 3},
        }
        path = tmp_path / f"config-{len(list(tmp_path.glob('config-*')))}.yaml"
        path.write_text(json.dumps(data | sections), encoding="utf-8")  # JSON is YAML
        return path

    return write


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, which lives as long as the tests; skips without one."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [
        Path(found).parent for name in ("postgres",) if (found := shutil.which(name))
    ]
    if not binaries:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        # The server refuses to run as root, as CI does.
        user: Any = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        password = Path(folder, "password")
        password.write_text("arena-pw\n")
        for path in (folder, password) if user else ():
            shutil.chown(path, **user)
        data = Path(folder) / "data"
        making = [binaries[-1] / "initdb", "-D", data, "-U", "arena", "--auth=password"]
        # A server that sorts by a language, as most do: nothing may depend on that.
        making += [
            f"--pwfile={password}",
            "--no-sync",
            "--locale-provider=icu",
            "--icu-locale=en-US",
        ]
        making += ["--encoding=UTF8", "--locale=C.UTF-8"]
        run = partial(
            subprocess.run, check=True, capture_output=True, text=True, cwd=folder, **user
        )
        run(list(map(str, making)))
        port = _free_port()
        quick = (
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
        )
        server = subprocess.Popen(
            [str(binaries[-1] / "postgres"), "-D", str(data), "-p", str(port), "-k", folder]
            + ["-h", "127.0.0.1", *quick.split()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )
        try:
            _wait_for(port)
            yield f"postgresql://arena:arena-pw@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # its fast shutdown: clients are sent away
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    """Wait until a server takes sessions."""
    import psycopg

    for _ in range(600):
        try:
            psycopg.connect(f"postgresql://arena:arena-pw@127.0.0.1:{port}/postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise TimeoutError("PostgreSQL did not start within 30 s")


@pytest.fixture
def cli() -> Callable[..., Awaitable[Process]]:
    """Start `arenainstruct …` as a process of its own."""

    async def start(*arguments: object, **environment: str) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "arenainstruct.runs",
            *map(str, arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            # A suite that was started in the background hands an ignored Ctrl-C down.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )

    return start


@pytest.fixture
def differing() -> Callable[[Path, Path], list[str]]:
    """Name the files that differ between two folders in their bytes, or that only one of them has."""

    def compare(one: Path, two: Path) -> list[str]:
        files = {p.relative_to(f) for f in (one, two) for p in f.rglob("*") if p.is_file()}
        assert files, f"{one} and {two} are empty"
        same = filecmp.cmpfiles(one, two, map(str, files), shallow=False)[0]
        return sorted({str(file) for file in files} - set(same))

    return compare
