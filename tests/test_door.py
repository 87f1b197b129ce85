"""The door: a call in flight is made once, whoever leaves; what was paid is booked, usable or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, create_model

from arenainstruct.agents.errors import BudgetSpent, Diverged, ModelError, ReplyError
from arenainstruct.agents.models.base_settings import Price
from arenainstruct.agents.models.budget import Budget
from arenainstruct.agents.models.call import Call, Reply, Usage
from arenainstruct.agents.models.door import Door, OpenModel
from arenainstruct.agents.models.limits import share_limits
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.agents.models.request import request
from arenainstruct.agents.models.settings import ScriptedSettings
from arenainstruct.agents.models.structured import ask
from arenainstruct.agents.records import Turn
from arenainstruct.agents.replies import ChoiceReply
from arenainstruct.runs.store import STORE_FILE, Store

CALL = Call("slow", (Turn(role="user", content="Is it so?"),))
OTHER = Call("slow", (Turn(role="user", content="And this?"),))
REPLY = Reply("yes", "test/slow", tokens_in=10, tokens_out=1, usd=0.5, cap=2048)
UNUSABLE = Usage("test/slow", tokens_in=10, tokens_out=90, usd=0.25)


class Slow:
    """A provider that answers when it is told to, or fails as often as it is told to."""

    model = "slow"

    def __init__(self) -> None:
        self.endpoint = "slow"
        self.params: dict[str, Any] = {}
        self.asked = self.left = 0
        self.go, self.reached = asyncio.Event(), asyncio.Event()
        self.failures: list[AttemptFailed] = []
        self.texts: list[str] = []

    async def complete(self, call: Call) -> Reply:
        """Answer once the event is set."""
        self.asked += 1
        self.reached.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.left += 1
            raise
        if self.failures:
            raise self.failures.pop(0)
        return replace(REPLY, text=self.texts.pop(0)) if self.texts else REPLY

    async def aclose(self) -> None:
        """Nothing to close."""


class House:
    """A door over a store, with one slow model behind it."""

    def __init__(self, store: Store, budget: Budget, **settings: Any) -> None:
        self.store, self.budget = store, budget
        self.slow = Slow()
        base = {"provider": "scripted", "model": "slow", "script": "none:none"}
        known = {"slow": ScriptedSettings.model_validate(base | settings)}
        limits = share_limits(known, patience_s=1, notify=lambda text: None)["slow"]
        models = {"slow": OpenModel(known["slow"], self.slow, limits)}
        self.door = Door(models, self.store, self.budget)
        self.limits = limits

    def ask(self, call: Call = CALL) -> "asyncio.Task[Reply]":
        return asyncio.create_task(self.door.complete(call))

    async def settled(self) -> None:
        """Wait until the model is asked, and whoever asks the same has joined."""
        await self.slow.reached.wait()
        for _ in range(20):
            await asyncio.sleep(0)

    def calls(self) -> tuple[int, int, int]:
        calls = self.door.tally.calls()
        return calls["paid"], calls["served"], calls["failed"]


@asynccontextmanager
async def house(
    folder: Path, ceiling: float | None = None, **settings: Any
) -> AsyncIterator[House]:
    store = Store.open(folder / STORE_FILE)
    made = House(store, await store.budget(ceiling), **settings)
    try:
        yield made
    finally:
        await made.door.aclose()
        made.store.close()


@pytest.mark.parametrize("broken", [False, True])
async def test_the_same_call_in_flight_is_made_once(tmp_path: Path, broken: bool) -> None:
    async with house(tmp_path) as home:
        if broken:
            home.slow.failures = [AttemptFailed("not today", status=400, final=True)]
        twins = [home.ask() for _ in range(5)]
        await home.settled()
        home.slow.go.set()
        outcomes = await asyncio.gather(*twins, return_exceptions=True)

    assert home.slow.asked == 1
    if broken:
        assert all(isinstance(outcome, ModelError) for outcome in outcomes)
        assert home.calls() == (0, 0, 1)
    else:
        assert outcomes == [REPLY] * 5
        assert home.calls() == (1, 4, 0)


@pytest.mark.parametrize("leaves", [[0], [0, 1], [1, 3]])
async def test_who_is_cancelled_takes_no_twin_along(tmp_path: Path, leaves: list[int]) -> None:
    async with house(tmp_path) as home:
        twins = [home.ask() for _ in range(4)]
        await home.settled()
        for number in leaves:
            twins[number].cancel()
        await home.settled()
        home.slow.go.set()
        outcomes = await asyncio.gather(*twins, return_exceptions=True)
    assert home.slow.asked == 1 and home.slow.left == 0
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, asyncio.CancelledError) == (number in leaves)
    assert home.door.tally.paid["slow"] == 1


async def test_a_timeout_around_one_caller_is_its_own(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        patience = asyncio.timeout(None)

        async def ask_in_time() -> Reply:
            async with patience:
                return await home.door.complete(CALL)

        hasty = asyncio.create_task(ask_in_time())
        await home.settled()
        twin = home.ask()
        await home.settled()
        patience.reschedule(0)
        with pytest.raises(TimeoutError):
            await hasty
        home.slow.go.set()
        assert await twin == REPLY
    assert home.calls() == (1, 1, 0)


async def test_a_call_that_nobody_waits_for_ends_and_gives_everything_back(tmp_path: Path) -> None:
    price = Price(input=1.0, output=1.0)
    async with house(tmp_path, ceiling=1.0, price=price) as home:
        twins = [home.ask() for _ in range(3)]
        await home.settled()
        for twin in twins:
            twin.cancel()
        late = home.ask()  # in the same tick: it must not share their end
        await asyncio.gather(*twins, return_exceptions=True)
        assert home.slow.left == 1
        home.slow.go.set()
        assert await late == REPLY
        assert home.slow.asked == 2 and home.limits.snapshot().in_flight == 0
        # The first one's reserve is free again.
        assert home.budget.spent == 0.5
        await home.budget.reserve(0.5)


async def test_unusable_replies_are_booked_and_never_served(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.slow.go.set()
        home.slow.failures = [
            AttemptFailed("empty reply", status=200, usage=UNUSABLE),
            AttemptFailed("connection failed"),
        ]
        # The pauses between attempts are chance: half a second at most, then one.
        assert [(await home.door.complete(CALL)).text for _ in range(2)] == ["yes", "yes"]
        assert home.door.tally.calls() == {
            "paid": 1,
            "served": 1,
            "failed": 0,
            "attempts_failed": 2,
        }
        totals = await home.store.totals()
        assert (totals.calls, totals.unusable) == (1, 1)
        assert (totals.tokens_in, totals.tokens_out) == (20, 91)
        assert totals.usd == home.budget.spent == home.door.tally.usd == 0.75
        assert (home.door.tally.tokens_in, home.door.tally.tokens_out) == (20, 91)

    async with house(tmp_path) as again:
        assert again.budget.spent == 0.75
        assert (await again.door.complete(CALL)).text == "yes" and again.slow.asked == 0


async def test_a_call_that_fails_for_good_costs_what_its_replies_cost(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.slow.go.set()
        for _ in range(2):
            home.slow.failures = [AttemptFailed("cut off", final=True, usage=UNUSABLE)]
            with pytest.raises(ModelError):
                await home.door.complete(CALL)
        totals = await home.store.totals()
    assert (totals.calls, totals.unusable, totals.usd) == (0, 2, 0.5)
    assert home.calls() == (0, 0, 2)


async def test_unusable_replies_stay_under_the_ceiling_too(tmp_path: Path) -> None:
    """What one attempt may cost is set aside anew before the next one."""
    price = Price(input=0.0, output=1.0)
    async with house(tmp_path, ceiling=0.6, price=price, max_tokens=300_000) as home:
        home.slow.go.set()
        home.slow.failures = [AttemptFailed("empty reply", usage=UNUSABLE) for _ in range(9)]
        with pytest.raises(BudgetSpent):
            await home.door.complete(CALL)
        assert home.slow.asked == 2  # 0.25 + 0.3 fits, 0.5 + 0.3 does not
        assert (await home.store.totals()).usd == home.budget.spent == 0.5
    assert home.calls() == (0, 0, 0)


VERDICT = '{"own_answer": "", "reason": "so", "choice": "tie"}'


async def test_replies_that_cannot_be_parsed_are_asked_anew_all_others_are_served(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        home.slow.go.set()
        home.slow.texts = ["I would rather not say.", "Still not."]
        with pytest.raises(ReplyError, match="no JSON object with choice"):
            await ask(home.door, CALL, ChoiceReply)
        totals = await home.store.totals()
        assert (totals.calls, totals.unusable, totals.usd) == (2, 2, 1.0)

    async with house(tmp_path) as again:
        assert again.budget.spent == 1.0
        again.slow.go.set()
        again.slow.texts = ["Hm.", VERDICT]
        assert (await ask(again.door, CALL, ChoiceReply))[0].choice == "tie"
        assert again.slow.asked == 2
        # A reply that could be repaired is as good as any.
        assert (await ask(again.door, CALL, ChoiceReply))[0].choice == "tie"
        assert again.slow.asked == 2 and again.calls() == (2, 2, 0)
        totals = await again.store.totals()
        assert (totals.calls, totals.unusable, totals.usd) == (4, 2, 2.0)
        assert sum(calls for _, calls, _, _ in again.store.spent()) == 4


async def test_thoughts_are_kept_in_the_ledger(tmp_path: Path) -> None:
    thinks = replace(REPLY, thoughts="hm, is it?")
    async with house(tmp_path) as home:
        await home.store.remember("k", request(CALL, "offline/weak", {}), thinks)
        assert await home.store.recall("k") == thinks
        assert [entry.thoughts for entry in home.store.entries()] == ["hm, is it?"]


async def test_a_moved_endpoint_pays_nothing_again_and_another_version_does(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.slow.go.set()
        await home.door.complete(CALL)
    async with house(tmp_path) as moved:
        moved.slow.go.set()
        moved.slow.endpoint = "http://elsewhere.example/v1"
        await moved.door.complete(CALL)
    assert moved.calls() == (0, 1, 0)
    async with house(tmp_path, version="2026-11") as trained:
        trained.slow.go.set()
        await trained.door.complete(CALL)
        await trained.door.complete(CALL)
    assert trained.calls() == (1, 1, 0)


async def test_a_reply_type_that_changed_under_its_name_is_asked_for_again(tmp_path: Path) -> None:
    bounds = Annotated[float, Field(ge=1, le=10)]
    old = create_model("Reply", reason=(str, ...))
    changed: list[type[BaseModel]] = [
        create_model("Reply", reason=(str, ...), score=(float, ...)),
        create_model("Reply", reason=(str, ...), score=(bounds, ...)),
        create_model("Reply", reason=(str, Field(description="In one sentence."))),
    ]
    async with house(tmp_path) as home:
        home.slow.go.set()
        for kind in (old, *changed, old, *changed):
            await home.door.complete(replace(CALL, reply_type=kind))
    assert home.calls() == (4, 4, 0)


async def test_without_the_network_nobody_is_asked(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.slow.go.set()
        await home.door.complete(replace(CALL, role="juror", subject="i-1"))
        home.slow.failures = [AttemptFailed("cut off", status=400, final=True, usage=UNUSABLE)]
        with pytest.raises(ModelError) as failed:
            await home.door.complete(OTHER)

    async with house(tmp_path) as home:
        door = Door(home.door.models, home.store, home.budget, network=False)
        assert await door.complete(CALL) == REPLY
        with pytest.raises(ModelError, match=str(failed.value)) as again:
            await door.complete(OTHER)
        assert again.value.status == 400
        turns = (Turn(role="user", content="Is it not so?"),)
        with pytest.raises(Diverged, match=r"turn 1 \(user\) at character 6: 'not so\?'"):
            await door.complete(Call("slow", turns, role="juror", subject="i-1"))
        with pytest.raises(Diverged, match="sample: 3, recorded 0"):
            await door.complete(Call("slow", CALL.turns, sample=3, role="juror", subject="i-1"))
        with pytest.raises(Diverged, match="nothing like it was recorded"):
            await door.complete(Call("slow", turns, role="writer", subject="i-1"))
        assert home.slow.asked == 0 and door.tally.calls()["paid"] == 0
