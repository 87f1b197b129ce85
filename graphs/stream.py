"""Bounded work over a stream: siblings never stop each other, a stopped run stops feeding."""

import asyncio
from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
)
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def each(items: AsyncIterable[T], work: Callable[[T], Awaitable[object]], limit: int) -> None:
    """Run `work` on every item, at most `limit` at a time.

    The first error (a `StopRun`, or a fault of ours: failed units are handled inside `work`) stops
    the feeding; what is in flight finishes, so that nothing paid is lost, and the error is raised.
    """
    running: set[asyncio.Task[object]] = set()
    failed: list[BaseException] = []

    def done(task: asyncio.Task[object]) -> None:
        running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            failed.append(error)

    try:
        async for item in items:
            if failed:
                break
            task = asyncio.ensure_future(_run(work, item))
            running.add(task)
            task.add_done_callback(done)
            while len(running) >= limit and not failed:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    except BaseException:
        for task in running:
            task.cancel()
        raise
    finally:
        if running:
            await asyncio.wait(running)
    if failed:
        raise failed[0]


async def ordered(
    items: AsyncIterable[T], work: Callable[[T], Awaitable[R]], limit: int
) -> AsyncIterator[R]:
    """Yield the results of `work` in the items' order, with at most `limit` under way.

    After an error nothing more is fed, and what is in flight finishes before it is raised.
    """
    queue: deque[asyncio.Task[R]] = deque()
    try:
        async for item in items:
            queue.append(asyncio.ensure_future(_run(work, item)))
            if len(queue) >= limit:
                yield await queue.popleft()
        while queue:
            yield await queue.popleft()
    except asyncio.CancelledError:
        for task in queue:
            task.cancel()
        raise
    finally:
        # Collects the errors too: the first one is raised already.
        await asyncio.gather(*queue, return_exceptions=True)


async def paged(items: AsyncIterable[T], size: int) -> AsyncIterator[list[T]]:
    """Yield the items by the page, so that what they refer to is looked up together."""
    page: list[T] = []
    async for item in items:
        page.append(item)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


async def together(works: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Await siblings side by side; what is under way finishes before the first error is raised."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def _run(work: Callable[[T], Awaitable[R]], item: T) -> R:
    return await work(item)
