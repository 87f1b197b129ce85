"""A PostgreSQL server of our own, on loopback, and a store in it or in a file."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.runs.store import Place, Store, drop_store


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


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store in each of the two databases."""
    place = Place.of(tmp_path / "store.sqlite")
    if request.param == "postgresql":
        place = Place.of(request.getfixturevalue("postgres"), f"store-{tmp_path.name}")
    store = Store.open(place)
    yield store
    store.close()
    drop_store(place)


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
