"""A session on this machine: one worker that keeps the variables until it is lost or closed."""

import asyncio
import contextlib
import json
import os
import signal
import tempfile

from ..settings import InterpreterSettings
from .cell import Cell, Session
from .sandbox import NoSandbox, start


class LocalSession(Session):
    """Runs code in the local sandbox."""

    def __init__(self, settings: InterpreterSettings) -> None:
        self._settings = settings
        self._worker: asyncio.subprocess.Process | None = None
        self._cells: list[str] = []
        self._folder = tempfile.TemporaryDirectory(prefix="arenainstruct-")
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
        assert worker.stdin is not None and worker.stdout is not None
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                worker.stdin.write(json.dumps(code).encode() + b"\n")
                await worker.stdin.drain()
                line = await worker.stdout.readline()
            output, value, error = map(str, json.loads(line))
        except TimeoutError:
            return await self._lost(f"stopped after {self._settings.timeout_s:g} s")
        except (ValueError, OSError):
            return await self._lost(await self._why(worker))
        except BaseException:
            await self._end()
            raise
        self._cells.append(code)
        return Cell(output, value, error)

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
            worker.send_signal(signal.SIGKILL)
        await asyncio.shield(worker.wait())

    async def close(self) -> None:
        """End it."""
        await self._end()
        self._folder.cleanup()
