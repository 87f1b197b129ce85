"""Ctrl-C, SIGTERM and SIGHUP: no request leaves any more, and what is on the wire may land.

Everything else ends.
"""

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import wraps
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from ..screen.terminal import aside

if sys.platform == "win32":
    _LOOP = None
else:
    # A quarter of a run's CPU went into the standard loop.
    from uvloop import new_event_loop as _LOOP

P = ParamSpec("P")
T = TypeVar("T")

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_S = 5.0
"""Seconds that replies under way get to be kept: they are paid, and an interrupt would lose them."""


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let work that never ends go on beside what is inside, and end it behind that."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def run_interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run work in an event loop of its own; a first and a second Ctrl-C cancel it, a third kills.

    So do SIGTERM, which ends a container, and SIGHUP, which ends a session.

    Raises:
        KeyboardInterrupt: it was cancelled by one of them.
    """
    with asyncio.Runner(loop_factory=_LOOP) as runner:
        return runner.run(_heeding(work))


def twin(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Return the twin of an asynchronous function, for callers without an event loop.

    Raises:
        RuntimeError: an event loop runs already (a notebook): there the function itself is awaited.
    """

    @wraps(work)
    def blocking(*args: P.args, **how: P.kwargs) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return run_interruptible(work(*args, **how))
        raise RuntimeError(f"an event loop is running here: use `await {work.__name__}(...)`")

    return blocking


async def _heeding(work: Coroutine[Any, Any, T]) -> T:
    """Await work as a task that every Ctrl-C cancels once more.

    The loop's own handler cancels once and then raises in the middle of whatever runs, which leaves
    tasks behind that tell their errors to nobody.
    """
    task = asyncio.ensure_future(work)
    if threading.current_thread() is not threading.main_thread():
        return await task
    presses = 0

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        if presses > 2:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        loop.call_soon_threadsafe(task.cancel)

    loop = asyncio.get_running_loop()
    # `nohup` has SIGHUP ignored, and means it.
    heard = [n for n in _STOPPING if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, press) for number in heard}
    try:
        return await task
    except asyncio.CancelledError:
        if presses:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, was in before.items():
            signal.signal(number, was)


async def landing(
    work: Coroutine[Any, Any, T],
    shut: Callable[[], Awaitable[None]],
    notify: Callable[[str], object] = aside,
) -> T:
    """Await work; when cancelled, shut the door first, let what is under way land, then end the work.

    Cancelled from inside out, a piece of work that has just lost one call would ask the next.

    Args:
        work: what to do.
        shut: lets no request leave any more; returns once all replies under way are kept.
        notify: told at once that the work is stopping.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        notify(
            "stopping: replies under way are waited for, "
            f"{GRACE_S:.0f} s at most; Ctrl-C again ends now"
        )
        try:
            async with asyncio.timeout(GRACE_S):
                await shut()
        except TimeoutError:
            pass
        finally:
            task.cancel()
        await asyncio.wait([task])
        raise
    return task.result()
