"""A session on this machine: one worker that keeps the variables until it is lost or closed.

What running one piece of code gave, and who runs it.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import tempfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ..settings import InterpreterSettings
from .sandbox import NoSandbox, start


@dataclass(frozen=True, slots=True)
class Cell:
    """The outcome of one piece of code."""

    output: str = ""
    """What it printed, to stdout and stderr, as far as it was kept."""
    value: str = ""
    """The last line's value, as `repr` shows it; empty for None, and where the last line has none."""
    error: str = ""
    """The exception, as its last line says it, with the line of the code; empty where none was raised."""
    lost: str = ""
    """Why the session ended with this code, so that its variables are gone; empty where they are there."""

    @property
    def ok(self) -> bool:
        """Whether it ran to its end."""
        return not self.error and not self.lost

    def text(self) -> str:
        """Return what a model reads: a JSON object of what there is to say."""
        told = {"output": self.output, "value": self.value, "error": self.error, "lost": self.lost}
        return json.dumps(
            {k: v for k, v in told.items() if v} or {"output": ""}, ensure_ascii=False
        )


class Session(ABC):
    """Runs one piece of code after another; variables survive. A context that ends it."""

    @property
    @abstractmethod
    def cells(self) -> tuple[str, ...]:
        """The code whose variables it holds."""

    @abstractmethod
    async def run(self, code: str) -> Cell:
        """Run code; what it raises is in the cell."""

    @abstractmethod
    async def close(self) -> None:
        """End it, and all that it started."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()


_LOOK_S = 0.1
"""Seconds between two looks at what a session holds; most code has ended before the first."""
_TOGETHER = 2
"""How much of one process's memory all of them may hold."""
_FORGED = "its code wrote where only the interpreter answers"


class _Gone(Exception):
    """A session cannot go on; says why."""


class LocalSession(Session):
    """Runs code in the local sandbox."""

    def __init__(self, settings: InterpreterSettings) -> None:
        self._settings = settings
        self._worker: asyncio.subprocess.Process | None = None
        self._cells: list[str] = []
        self._folder = tempfile.TemporaryDirectory(
            prefix="arenainstruct-", ignore_cleanup_errors=True
        )
        os.chmod(self._folder.name, 0o711)  # a sandbox's own user starts in it, and lists nothing

    @property
    def cells(self) -> tuple[str, ...]:
        """The code whose variables the worker holds."""
        return tuple(self._cells)

    async def run(self, code: str) -> Cell:
        """Run code within the limits; a session that was lost begins anew.

        Raises:
            NoSandbox: there is nothing to run it in.
        """
        worker = self._worker = self._worker or await start(self._settings, self._folder.name)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                output, value, error = await self._asked(worker, code)
        except TimeoutError:
            return await self._lost(f"stopped after {self._settings.timeout_s:g} s")
        except _Gone as gone:
            return await self._lost(str(gone))
        except OSError:
            return await self._lost(await self._why(worker))
        except BaseException:
            await self._end()
            raise
        self._cells.append(code)
        return Cell(output, value, error)

    async def _asked(self, worker: asyncio.subprocess.Process, code: str) -> list[str]:
        """Return what was printed, the value and the error.

        Raises:
            _Gone: the session cannot go on; says why.
            OSError: the worker has ended.
        """
        assert worker.stdin is not None and worker.stdout is not None
        mark = secrets.token_hex(8)
        worker.stdin.write(json.dumps([code, mark]).encode() + b"\n")
        await worker.stdin.drain()
        reading = asyncio.ensure_future(worker.stdout.readline())
        try:
            while not (await asyncio.wait({reading}, timeout=_LOOK_S))[0]:
                if held(worker.pid) > _TOGETHER * self._settings.memory_mb:
                    raise _Gone("its processes held too much memory")
            line = reading.result()
        except ValueError as error:
            raise _Gone(_FORGED) from error
        finally:
            reading.cancel()
        if not line.endswith(b"\n"):
            raise OSError("the worker has ended")
        if not line.startswith(mark.encode() + b" "):
            raise _Gone(_FORGED)
        return [str(part) for part in json.loads(line[len(mark) :])]

    async def _why(self, worker: asyncio.subprocess.Process) -> str:
        """Return why a worker is gone; raises where it never was a sandbox."""
        assert worker.stderr is not None
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            async with asyncio.timeout(5):
                await worker.wait()
        said = (await worker.stderr.read(2_000)).decode("utf-8", "replace").strip()
        if said.startswith("bwrap:"):
            await self._end()
            raise NoSandbox(f"bubblewrap cannot make a sandbox on this machine: {said}")
        return f"the interpreter ended (status {worker.returncode}): it left, or ran out of memory or disk"

    async def _lost(self, why: str) -> Cell:
        await self._end()
        return Cell(lost=f"{why}; all variables are gone")

    async def _end(self) -> None:
        """Kill the worker with all that it started."""
        worker, self._worker, self._cells = self._worker, None, []
        if worker is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)  # what it started too, where no sandbox ends that
        await asyncio.shield(worker.wait())

    async def close(self) -> None:
        """End it."""
        await self._end()
        self._folder.cleanup()


def held(process: int) -> float:
    """Return the MB of memory of a process and all that it started; what is told no longer counts nothing.

    Pages that a fork shares with its parent count for both.
    """
    around = Path(f"/proc/{process}")
    try:
        lines = (around / "status").read_text().splitlines()
        children = [
            int(child)
            for thread in os.listdir(around / "task")
            for child in (around / "task" / thread / "children").read_text().split()
        ]
    except OSError:  # it has ended, or this machine does not tell
        return 0.0
    own = sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem")))
    return own / 1024 + sum(map(held, children))
