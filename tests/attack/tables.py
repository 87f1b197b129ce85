"""Tables that open to far more than they are, given to the commands that read tables."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.attack.attack import Attack
from tests.bombs import TABLES

COMMANDS = {"leaderboard": (), "audit": (), "testset": ("--diverse", "5"), "arena": ()}
NOT_READ = {"leaderboard value.parquet", "audit value.parquet"}
"""What is too much stands in a column that the command has no use for."""


def _given(command: str, name: str, folder: Path) -> str:
    """Return how a command ended that was given a table."""
    TABLES[name](folder / name)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "arenainstruct.runs",
            command,
            str(folder / name),
            *COMMANDS[command],
        ],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if "Traceback" in done.stderr:
        return "a traceback"
    told = " ".join(done.stderr.split())
    if done.returncode == 0:
        return "exit 0"
    what = "it opens to too much" if "opens to more than " in told else told[-100:]
    return f"exit {done.returncode}: {what}"


ATTACKS = [
    Attack(
        what := f"{command} {name}",
        partial(_given, command, name),
        ("exit 0",) if what in NOT_READ else ("exit 2: it opens to too much",),
    )
    for command in COMMANDS
    for name in TABLES
]
