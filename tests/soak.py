"""Kills a run again and again between any two commits of its databases, and compares the datasets.

As a program: `python -m tests.soak KILLS SEED FOLDER` prints one JSON object.
"""

import contextlib
import functools
import io
import json
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path
from sqlite3 import dbapi2
from typing import Any
from unittest.mock import patch

from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.run import launch, resume

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # started as a program, by its path
from tests.folders import differing

CONFIG = load_config(None, ["rounds=2", "execution.in_flight=4"])
SEEDS = 2
MOST = 60
"""Commits that a start lives through at most, before it is killed."""
_CONNECT = sqlite3.connect


class Commits:
    """Counts commits, and kills the process just before or just after one of them."""

    def __init__(self, half_steps: int | None) -> None:
        self.left = half_steps

    def step(self) -> None:
        """Come to the next moment before or after a commit."""
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def hurt(commits: Commits) -> None:
    """Let every connection that is opened from now on come to those moments."""

    class Connection(sqlite3.Connection):
        def commit(self) -> None:
            commits.step()
            super().commit()
            commits.step()

        def __exit__(self, *error: Any) -> Any:
            commits.step()
            done = super().__exit__(*error)
            commits.step()
            return done

    connect = functools.partial(_CONNECT, factory=Connection)
    for module in (sqlite3, dbapi2):
        patch.object(module, "connect", connect).start()


def start(folder: Path, run_id: str, half_steps: int | None) -> int:
    """Start or resume a run in a process of its own; return how that process ended."""
    if (child := os.fork()) == 0:
        status = 1
        try:
            hurt(Commits(half_steps))
            with contextlib.redirect_stderr(io.StringIO()):
                # As the command line does it: a run whose store is not there yet begins.
                if (folder / run_id / "store.sqlite").exists():
                    done = resume(run_id, runs_dir=folder)
                else:
                    done = launch(CONFIG, runs_dir=folder, run_id=run_id, limit=SEEDS)
            status = 0 if done.completed else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def soak(kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Kill until it was done so often; return how many runs came to their end, and what differed."""
    chance = random.Random(seed)
    if start(folder, "whole-1", None):
        raise RuntimeError("the run that nobody kills did not complete")
    done, runs, wrong = 0, 0, list[str]()
    while done < kills:
        run_id = f"killed-{(runs := runs + 1)}"
        while True:
            status = start(folder, run_id, chance.randint(1, 2 * MOST) if done < kills else None)
            if status == 0:
                break
            if status != -signal.SIGKILL:
                return {"kills": done, "runs": runs, "wrong": [*wrong, f"{run_id}: exit {status}"]}
            done += 1
        found = differing(folder / "whole-1" / "dataset", folder / run_id / "dataset")
        wrong += [f"{run_id}: {name}" for name in found]
    return {"kills": done, "runs": runs, "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(soak(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))  # noqa: T201
