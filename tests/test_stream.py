"""Bounded work over a stream: order, bounds, and who stops whom."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arenainstruct.agents.errors import BudgetSpent
from arenainstruct.graphs.stream import each, ordered


class Feed:
    """Yields numbers and remembers how many were taken."""

    def __init__(self, many: int) -> None:
        self.many = many
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[int]:
        for number in range(self.many):
            self.taken += 1
            yield number


class Work:
    """Counts who is at work; a number's work takes as many turns of the loop as it is told."""

    def __init__(self, turns: list[int] | None = None, **fails: Exception) -> None:
        self.turns = turns or []
        self.fails = {int(name[1:]): error for name, error in fails.items()}
        self.now = self.most = 0
        self.done: list[int] = []

    async def __call__(self, number: int) -> int:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(self.turns[number] if self.turns else 3):
                await asyncio.sleep(0)
            if number in self.fails:
                raise self.fails[number]
            self.done.append(number)
            return number * 10
        finally:
            self.now -= 1


async def collected(feed: Feed, work: Work, limit: int) -> list[int]:
    return [result async for result in ordered(feed, work, limit)]


@given(st.lists(st.integers(0, 5), max_size=20), st.integers(1, 6))
@settings(max_examples=40)
def test_ordered_keeps_the_order_and_the_bound(turns: list[int], limit: int) -> None:
    work = Work(turns)
    results = asyncio.run(collected(Feed(len(turns)), work, limit))
    assert results == [number * 10 for number in range(len(turns))]
    assert work.most <= limit


@given(st.lists(st.integers(0, 5), max_size=20), st.integers(1, 6))
@settings(max_examples=40)
def test_each_does_everything_within_the_bound(turns: list[int], limit: int) -> None:
    work = Work(turns)
    asyncio.run(each(Feed(len(turns)), work, limit))
    assert sorted(work.done) == list(range(len(turns)))
    assert work.most <= limit and work.now == 0


async def test_each_works_side_by_side() -> None:
    work = Work()
    await each(Feed(12), work, 4)
    assert work.most == 4


async def test_a_stop_ends_the_feeding_but_not_what_is_in_flight() -> None:
    feed, work = Feed(100), Work([9, 1] + [9] * 98, n1=BudgetSpent("all spent"))
    with pytest.raises(BudgetSpent):
        await each(feed, work, 4)
    assert feed.taken < 10
    assert sorted(work.done) == [0, 2, 3]  # all that had begun came to its end
    assert work.now == 0


async def test_each_raises_the_first_of_several_errors() -> None:
    work = Work([5, 1, 3], n0=RuntimeError("second"), n1=BudgetSpent("first"))
    with pytest.raises(BudgetSpent, match="first"):
        await each(Feed(3), work, 3)


async def test_ordered_ends_what_is_in_flight_before_it_raises() -> None:
    feed, work = Feed(100), Work([9, 1] + [9] * 98, n1=BudgetSpent("all spent"))
    with pytest.raises(BudgetSpent):
        await collected(feed, work, 4)
    assert feed.taken < 10 and work.now == 0
    assert set(work.done) >= {0, 2, 3}


async def stalled(number: int) -> int:
    await asyncio.Event().wait()
    return number


@pytest.mark.parametrize("way", ["each", "ordered"])
async def test_a_cancelled_run_does_not_wait_for_its_work(way: str) -> None:
    async def consume() -> None:
        async for _ in ordered(Feed(9), stalled, 3):
            raise AssertionError("nothing ever comes")

    started = asyncio.ensure_future(each(Feed(9), stalled, 3) if way == "each" else consume())
    for _ in range(9):
        await asyncio.sleep(0)
    started.cancel()
    with pytest.raises(asyncio.CancelledError):
        await started
    assert len(asyncio.all_tasks()) == 1  # this test
