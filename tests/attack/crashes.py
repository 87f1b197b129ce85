"""What ends a process, and what is done to a run's files between two starts."""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from arenainstruct.agents.errors import ArenaInstructError
from arenainstruct.runs.run import resume
from arenainstruct.runs.store import STORE_FILE
from tests.attack.attack import Attack
from tests.soak import soak, start

KILLS = 10
FULL = 500_000
"""Bytes after which a file can take no more."""


def _killed(folder: Path) -> str:
    found = soak(KILLS, 7, folder)
    return f"{found['kills']} kills, {len(found['wrong'])} files differ"


def _hurt(hurt: Callable[[Path], None], folder: Path) -> str:
    """Return what a resume says of a store that something was done to."""
    start(folder, "hurt-1", None)
    store = folder / "hurt-1" / STORE_FILE
    for beside in folder.glob(f"hurt-1/{STORE_FILE}-*"):
        beside.unlink()
    hurt(store)
    try:
        resume("hurt-1", runs_dir=folder)
    except ArenaInstructError as error:
        return (
            f"{type(error).__name__} that names it" if str(store) in str(error) else str(error)[:60]
        )
    return "resumed"


def _emptied(store: Path) -> None:
    os.truncate(store, 0)


def _torn(store: Path) -> None:
    data = bytearray(store.read_bytes())
    data[4096 : len(data) // 2] = os.urandom(len(data) // 2 - 4096)
    store.write_bytes(data)


def _spoilt(store: Path) -> None:
    with closing(sqlite3.connect(store)) as base, base:
        base.execute("UPDATE records SET body = 'zzz'")
    (store.parent / "checkpoints.sqlite").unlink()


def _edited(sql: str, store: Path) -> None:
    with closing(sqlite3.connect(store)) as base, base:
        base.execute(sql)


def _full(folder: Path) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "arenainstruct.runs", "run", "--runs-dir", str(folder)),
            *("--run-id", "full-1", "--limit", "2", "--set", "rounds=1"),
        ],
        capture_output=True,
        text=True,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (FULL, FULL)),
    )
    if "Traceback" in done.stderr or "cannot be written" not in done.stdout + done.stderr:
        return f"exit {done.returncode}: {done.stderr[-60:]}"
    again = resume("full-1", runs_dir=folder)
    return f"exit {done.returncode}, then {again.status}"


ATTACKS = [
    Attack(
        f"crash: {KILLS} kills between any two commits",
        _killed,
        (f"{KILLS} kills, 0 files differ",),
        300,
    ),
    Attack("crash: a store of 0 bytes", partial(_hurt, _emptied), ("UserError that names it",)),
    Attack(
        "crash: a store with garbage in its middle",
        partial(_hurt, _torn),
        ("UserError that names it",),
    ),
    Attack(
        "crash: records of a store that cannot be read",
        partial(_hurt, _spoilt),
        ("UserError that names it",),
    ),
    Attack(
        "crash: a ledger without its replies",
        partial(_hurt, partial(_edited, "DELETE FROM ledger")),
        ("UserError that names it",),
    ),
    Attack("crash: a disk without room", _full, ("exit 3, then completed",)),
]
