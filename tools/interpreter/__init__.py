r"""Runs Python that a model wrote: in a sandbox of this machine, or in one of E2B's.

async with await open_session(InterpreterSettings()) as session:
    cell = await session.run("x = 6 * 7\nx")   # cell.value == "42"; x survives to the next call
"""

from .cell import Cell, Session
from .opening import open_session, run_once
from .sandbox import NoSandbox, place

__all__ = ["Cell", "NoSandbox", "Session", "open_session", "place", "run_once"]
