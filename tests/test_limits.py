"""The limits under a clock of our own: nothing here takes real time."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable

import pytest

from arenainstruct.agents.errors import EndpointDown, ModelError
from arenainstruct.agents.models.breaker import Breaker
from arenainstruct.agents.models.call import Reply
from arenainstruct.agents.models.concurrency import Concurrency
from arenainstruct.agents.models.limits import Limits, Throttle, share_limits
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.models.settings import LocalSettings, OpenAISettings

OK = Reply(text="ok", model="m", tokens_in=10, tokens_out=10)


class Time:
    """A clock that jumps to the next sleeper as soon as everybody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, future))
        await future

    async def until(self, *work: Awaitable[object]) -> list[object]:
        done = asyncio.gather(*work, return_exceptions=True)
        while not done.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers and not done.done():
                at, _, future = heapq.heappop(self._sleepers)
                self.now = max(self.now, at)
                if not future.done():
                    future.set_result(None)
        return list(done.result())


class World:
    """Limits on a fake clock, and an endpoint that is a function of the time."""

    def __init__(self, answer: Callable[[float], Reply], **options: object) -> None:
        self.time = Time()
        self.notices: list[tuple[float, str]] = []
        self.attempts: list[float] = []
        self.flying = self.peak = 0
        self._answer = answer
        self._takes = float(options.pop("takes", 0.1))  # type: ignore[arg-type]
        fixed, patience = options.pop("fixed", None), options.pop("patience_s", 300.0)
        self.slots = Concurrency(fixed, self.time)  # type: ignore[arg-type]
        self.breaker = Breaker(
            "http://endpoint",
            patience_s=patience,  # type: ignore[arg-type]
            notify=lambda text: self.notices.append((self.time.now, text)),
            clock=self.time,
        )
        self.limits = Limits(
            self.breaker,
            self.slots,
            clock=self.time,
            sleep=self.time.sleep,
            jitter=lambda: 0.5,
            **options,  # type: ignore[arg-type]
        )

    async def attempt(self) -> Reply:
        self.attempts.append(self.time.now)
        self.flying += 1
        self.peak = max(self.peak, self.flying)
        try:
            await self.time.sleep(self._takes)
            return self._answer(self.time.now)
        finally:
            self.flying -= 1

    async def run(self, calls: int) -> list[object]:
        return await self.time.until(*(self.limits.run(self.attempt, 20) for _ in range(calls)))


def fail(status: int = 500, **more: object) -> Reply:
    raise AttemptFailed(f"status {status}", status=status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("wish", [None, 0.0])
async def test_a_call_is_tried_again_with_growing_pauses_and_then_given_up(
    wish: float | None,
) -> None:
    world = World(lambda now: fail(500, retry_after=wish), retries=3)
    [error] = await world.run(1)
    assert isinstance(error, ModelError) and error.status == 500
    assert "after 4 attempts" in str(error)
    pauses = [b - a - 0.1 for a, b in zip(world.attempts, world.attempts[1:], strict=False)]
    assert pauses == pytest.approx([0.25, 0.5, 1.0])


async def test_retry_after_is_honoured_and_a_sleeping_retry_holds_no_slot() -> None:
    first: list[float] = []

    def answer(now: float) -> Reply:
        if not first:
            first.append(now)
            fail(429, retry_after=8.0)
        return OK

    world = World(answer, fixed=1)
    results = await world.run(5)
    assert [getattr(r, "text", r) for r in results] == ["ok"] * 5
    assert sum(t < 8.0 for t in world.attempts) == 5  # the other four went meanwhile
    assert world.attempts[-1] >= first[0] + 8.0
    assert world.peak == 1


async def test_a_retried_reply_tells_its_time_on_the_wire_only() -> None:
    world = World(lambda now: OK if now > 0.5 else fail(503), retries=6)
    [reply] = await world.run(1)
    assert isinstance(reply, Reply)
    assert reply.seconds == pytest.approx(0.1 * len(world.attempts))


async def test_final_failures_are_not_tried_again_and_do_not_open_the_breaker() -> None:
    world = World(lambda now: fail(400, final=True))
    results = await world.run(30)
    assert all(isinstance(r, ModelError) and r.status == 400 for r in results)
    assert len(world.attempts) == 30 and not world.breaker.open and not world.notices


async def test_a_refusal_stops_the_run_at_once() -> None:
    world = World(lambda now: fail(401, refused=True))
    [error] = await world.run(1)
    assert isinstance(error, EndpointDown) and len(world.attempts) == 1


async def test_the_breaker_opens_probes_and_recovers() -> None:
    world = World(lambda now: OK if now > 40 else fail(503), retries=20)
    results = await world.run(40)
    assert all(isinstance(r, Reply) for r in results)
    opened = world.notices[0][0]
    assert "10 failures in a row" in world.notices[0][1]
    assert any("still no success" in text for _, text in world.notices)
    assert "answers again" in world.notices[-1][1]
    # Between opening and recovery only probes go, further and further apart.
    probes = [t for t in world.attempts if opened + 0.5 < t < 40]
    gaps = [b - a for a, b in zip(probes, probes[1:], strict=False)]
    assert len(probes) <= 7 and gaps == sorted(gaps)


async def test_the_breaker_gives_up_when_the_patience_is_over() -> None:
    world = World(lambda now: fail(0), retries=50, patience_s=60.0)
    results = await world.run(20)
    assert all(isinstance(r, EndpointDown) for r in results)
    assert 60 <= world.time.now < 70
    assert "http://endpoint" in str(results[0]) and "resume" in str(results[0])
    spoken = [at for at, _ in world.notices]
    assert max(b - a for a, b in zip(spoken, spoken[1:], strict=False)) < 12


async def test_a_storm_of_429_is_waited_out_without_losing_a_call() -> None:
    served: list[float] = []

    def answer(now: float) -> Reply:
        if len([t for t in served if t > now - 1.0]) >= 2:
            fail(429, retry_after=1.0)
        served.append(now)
        return OK

    world = World(answer)
    results = await world.run(200)
    assert sum(isinstance(r, Reply) for r in results) == 200
    assert len(world.attempts) < 1000 and world.slots.limit < 8
    assert len(world.notices) < 2 * world.time.now / 10 + 2


async def test_steady_429_never_stalls_silently() -> None:
    world = World(lambda now: fail(429, retry_after=2.0), patience_s=30.0, retries=100)
    results = await world.run(16)
    assert all(isinstance(r, EndpointDown) for r in results)
    assert world.time.now < 40 and "429" in world.notices[0][1]


async def test_a_wait_beyond_the_patience_stops_the_run_with_the_reason() -> None:
    world = World(lambda now: fail(429, retry_after=86400.0))
    [error] = await world.run(1)
    assert isinstance(error, EndpointDown) and "86400 s" in str(error)


async def test_concurrency_rises_while_it_is_what_holds_calls_back() -> None:
    world = World(lambda now: OK)
    await world.run(600)
    assert world.peak > 60
    quiet = World(lambda now: OK)
    for _ in range(30):
        await quiet.run(2)
    assert quiet.slots.limit == 8


async def test_concurrency_is_cut_once_for_one_overload_and_has_a_floor() -> None:
    time = Time()
    slots = Concurrency(None, time)
    for _ in range(5):
        slots.overloaded(started=0.0)
    assert slots.limit == pytest.approx(5.6)
    for second in range(2, 20):
        time.now = float(second)
        slots.overloaded(started=time.now)
    assert slots.limit == 1


async def test_a_fixed_concurrency_stays() -> None:
    world = World(lambda now: OK if now > 2 else fail(429), fixed=3, retries=20)
    await world.run(50)
    assert world.peak == 3 and world.slots.limit == 3


async def test_requests_per_minute_hold_in_every_minute() -> None:
    time = Time()
    throttle = Throttle(60, None, time)
    went: list[float] = []

    async def go() -> None:
        await throttle.reserve(1, time.sleep)
        went.append(time.now)

    await time.until(*(go() for _ in range(150)))
    assert max(sum(s <= t < s + 60 for t in went) for s in went) <= 60
    assert went[-1] == pytest.approx(149.0)


async def test_tokens_per_minute_are_corrected_by_what_was_used() -> None:
    async def last(used: int) -> float:
        time = Time()
        throttle = Throttle(None, 6000, time)
        for _ in range(60):
            await time.until(throttle.reserve(200, time.sleep))
            throttle.correct(200, used)
        return time.now

    assert await last(200) == pytest.approx(119.0, abs=2)
    assert await last(100) == pytest.approx(60.0, abs=2)


async def test_a_cancelled_call_gives_everything_back() -> None:
    slots = Concurrency(1)
    await slots.acquire()
    waiting = [asyncio.create_task(slots.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    slots.release()
    waiting[1].cancel()  # in the same tick as it was granted the slot
    await asyncio.sleep(0)
    await asyncio.gather(*waiting, return_exceptions=True)
    assert waiting[2].done() and not waiting[2].cancelled()
    assert slots.in_flight == 1


async def test_aliases_of_a_model_on_this_machine_ask_together_no_more_than_its_server_answers() -> (
    None
):
    def settings(**more: object) -> LocalSettings:
        return LocalSettings.model_validate({"provider": "local", **more})

    models = {
        "a": settings(),
        "b": settings(version="warm", temperature=0.9),
        "other": settings(slots=2),
    }
    limits = share_limits(models, patience_s=1.0, notify=lambda text: None)
    gate = asyncio.Event()

    async def attempt() -> Reply:
        await gate.wait()
        return OK

    calls = [asyncio.create_task(limits[a].run(attempt, 1)) for a in models for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking = {alias: limits[alias].snapshot().in_flight for alias in models}
    assert asking["a"] + asking["b"] == 4 and asking["other"] == 2
    gate.set()
    await asyncio.gather(*calls)


async def test_aliases_share_their_endpoint_and_report_their_own_calls() -> None:
    def settings(**more: object) -> OpenAISettings:
        return OpenAISettings.model_validate(
            {"provider": "openai", "model": "m", "base_url": "http://localhost:1/v1", **more}
        )

    models = {"a": settings(), "b": settings(concurrency=2)}
    limits = share_limits(models, patience_s=1.0, notify=lambda text: None)
    gate = asyncio.Event()

    async def attempt() -> Reply:
        await gate.wait()
        return OK

    calls = [asyncio.create_task(limits["b"].run(attempt, 1)) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    now = limits["b"].snapshot()
    assert (now.in_flight, now.limit, now.waiting, now.open) == (2, 2, 3, False)
    assert limits["a"].snapshot().limit == 8 and limits["a"].snapshot().in_flight == 0
    gate.set()
    await asyncio.gather(*calls)
    assert limits["b"].snapshot().in_flight == 0
