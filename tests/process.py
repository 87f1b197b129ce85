"""`arenainstruct …` as a process of its own, and a mock server that acts on it at a given call."""

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from functools import partial

from arenainstruct.runs.mock.counters import Counters


async def python(*arguments: object, **environment: str) -> Process:
    """Start Python with these arguments."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *map(str, arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        # A suite that was started in the background hands an ignored Ctrl-C down.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


start = partial(python, "-m", "arenainstruct.runs")
"""Start the command line with these arguments."""


class Tripwire(Counters):
    """Counts for a mock server that acts once, before it sends its `at`th answer.

    Answers to the same request count once, so that a resumed run is as far as its ledger is.
    """

    def __init__(self, at: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._at, self._act = at, act
        self.tripped = False

    def pay(self, digest: str, tokens_in: int, tokens_out: int) -> None:
        """Count an answer, and act where it is the one."""
        super().pay(digest, tokens_in, tokens_out)
        if len(self.paid) >= self._at and not self.tripped:
            self.tripped = True
            self._act()
