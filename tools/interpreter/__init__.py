r"""Runs Python that a model wrote: in a sandbox of this machine, or in one of E2B's.

async with await open_session(InterpreterSettings()) as session:
    cell = await session.run("x = 6 * 7\nx")   # cell.value == "42"; x survives to the next call
"""

from collections.abc import Sequence

from ..settings import InterpreterSettings
from .sandbox import NoSandbox, place
from .session import Cell, LocalSession, Session

__all__ = ["Cell", "NoSandbox", "Session", "open_session", "place", "run_once"]


async def open_session(settings: InterpreterSettings) -> Session:
    """Return a session; close it when done.

    Raises:
        RuntimeError: E2B takes no key of yours.
        ValueError: the backend is not installed.
    """
    if settings.backend == "e2b":
        from .remote import E2BSession

        return await E2BSession.open(settings)
    return LocalSession(settings)


async def run_once(settings: InterpreterSettings, cells: Sequence[str]) -> list[Cell]:
    """Run pieces of code one after another in a session of their own, up to the first that does not end.

    Raises:
        NoSandbox: there is nothing to run them in.
    """
    told: list[Cell] = []
    async with await open_session(settings) as session:
        for code in cells:
            told.append(await session.run(code))
            if not told[-1].ok:
                break
    return told
