"""A process beside the run: started, heard line by line, and ended with the run, whatever ends that."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_GRACE_S = 5.0
_LONGEST = 1 << 20
"""Bytes of a line."""


@dataclass(frozen=True)
class Beside:
    """A process that is under way."""

    process: asyncio.subprocess.Process

    async def lines(self) -> AsyncIterator[str]:
        """Yield what it says on its standard output, until that ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            yield line.decode("utf-8", "replace").rstrip("\n")

    async def ended(self) -> int:
        """Return its exit status, negative for the signal that killed it."""
        return await self.process.wait()


@asynccontextmanager
async def beside(
    command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> AsyncIterator[Beside]:
    """Start a process whose standard error goes to a file; it does not outlive the context.

    It is in a session of its own, so that a Ctrl-C is the run's to tell; its standard input ends where
    the run does.

    Raises:
        OSError: there is no such program.
    """
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=file,
            env=dict(environment),
            limit=_LONGEST,
            start_new_session=True,
        )
    try:
        yield Beside(process)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_GRACE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
