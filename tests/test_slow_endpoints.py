"""Slow endpoints are told as it happens, and waited for as long as they are known to need."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from arenainstruct.agents.models.breaker import Breaker
from arenainstruct.agents.models.budget import Budget
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.models.concurrency import NOTICE_S, SILENCE_S, Concurrency, Pace, Watch
from arenainstruct.agents.models.door import Door, OpenModel
from arenainstruct.agents.models.embedding import EmbeddingProvider
from arenainstruct.agents.models.limits import Limits
from arenainstruct.agents.models.provider import AttemptFailed, Provider
from arenainstruct.agents.models.reward import RewardProvider
from arenainstruct.agents.models.settings import EmbeddingSettings, RewardSettings, ScriptedSettings
from arenainstruct.agents.models.transport import Answered, Transport
from arenainstruct.agents.records import Turn
from arenainstruct.runs import check_models
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.opening import stored
from arenainstruct.runs.store import STORE_FILE
from arenainstruct.runs.store.place import Place
from tests.small_loop import write_config


class Heard:
    """A watch on a clock of our own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[str] = []
        self.watch = Watch("http://e", self.told.append, clock=lambda: self.now)


def test_attempts_made_again_are_told_at_once_and_then_counted() -> None:
    heard = Heard()
    failure = AttemptFailed("no answer within 120 s")
    heard.watch.again(failure)
    assert len(heard.told) == 1 and "no answer within 120 s" in heard.told[0]
    for second in range(1, 100):
        heard.now = float(second)
        heard.watch.again(failure)
    assert len(heard.told) == 1 + int(99 / NOTICE_S)
    assert f"{NOTICE_S:.0f} attempts failed" in heard.told[1]


async def test_silence_is_told_and_an_answer_ends_it() -> None:
    heard = Heard()
    heard.watch.started()
    heard.watch.started()
    heard.now = SILENCE_S / 2
    heard.watch.silent()
    assert not heard.told
    heard.now = SILENCE_S
    heard.watch.silent()
    assert heard.told == [f"http://e: no answer for {SILENCE_S:.0f} s; 2 calls wait for one"]
    heard.watch.ended()
    heard.now += SILENCE_S / 2
    heard.watch.silent()
    assert len(heard.told) == 1
    heard.watch.ended()


def test_a_limit_grows_with_what_a_model_needs_and_with_each_attempt_that_was_late() -> None:
    pace = Pace()
    assert pace.limit(120, 2048, late=0) == 120
    assert [pace.limit(120, 2048, late=n) for n in (1, 2, 3, 9)] == [240, 480, 480, 480]
    pace.took(seconds=20, tokens=200)  # 0.1 s a token
    assert pace.limit(120, 2048, late=0) == pytest.approx(2 * 204.8)
    assert pace.limit(120, 100, late=0) == 120
    for _ in range(100):
        pace.took(seconds=1, tokens=200)
    assert pace.limit(120, 2048, late=0) == 120  # it is fast again


async def test_a_call_that_was_not_answered_in_time_gets_more_of_it(tmp_path: Path) -> None:
    late: list[int] = []

    class Slow:
        endpoint, model, params = "scripted:slow", "slow", dict[str, Any]()

        async def complete(self, call: Call) -> Reply:
            late.append(call.late)
            if len(late) < 3:
                raise AttemptFailed("no answer within 120 s") from TimeoutError()
            return Reply(text="fine", model="scripted/slow")

        async def aclose(self) -> None:
            pass

    known = {"slow": ScriptedSettings(provider="scripted", model="slow", script="none:none")}
    told: list[str] = []

    async def at_once(seconds: float) -> None:
        pass

    breaker = Breaker("scripted:slow", patience_s=1, notify=told.append)
    watch = Watch("scripted:slow", told.append)
    limits = Limits(breaker, Concurrency(), watch=watch, sleep=at_once)
    with stored(Place.of(tmp_path / STORE_FILE)) as store:
        door = Door({"slow": OpenModel(known["slow"], Slow(), limits)}, store, Budget(None))
        turns = (Turn(role="user", content="Hello"),)
        assert (await door.complete(Call("slow", turns))).text == "fine"
    assert late == [0, 1, 2]
    assert len(told) == 1 and "no answer within 120 s" in told[0]


async def test_check_warns_of_a_model_that_takes_long_for_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_models, "SLOW_S", 0.001)
    async with MockServer(MockOptions(latency_ms=20)) as mock:
        config = load_config(write_config(tmp_path, mock.url))
        found = await check_models.check_models(config)
    assert all(finding.ok and "slow: " in finding.detail for finding in found)


@pytest.mark.parametrize("kind", ["embedding", "reward"])
async def test_endpoints_that_only_read_get_more_time_too(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = {"model": "m", "base_url": "http://127.0.0.1:9/v1", "timeout_s": 10.0}
    provider: Provider = (
        EmbeddingProvider("m", EmbeddingSettings.model_validate({"provider": "openai", **base}))
        if kind == "embedding"
        else RewardProvider("m", RewardSettings.model_validate({"provider": "reward", **base}))
    )
    now, limits = 0.0, list[float]()
    monkeypatch.setattr("time.perf_counter", lambda: now)

    async def post(self: Transport, body: bytes, limit_s: float | None = None) -> Answered:
        nonlocal now
        assert limit_s is not None
        limits.append(limit_s)
        now += 12.0
        if limit_s < 12.0:
            raise AttemptFailed("no answer") from TimeoutError()
        item = {"index": 0, "embedding": [1.0], "data": [[0.5]]}
        return Answered(200, {}, orjson.dumps({"data": [item], "usage": {"prompt_tokens": 9}}))

    monkeypatch.setattr(Transport, "post", post)
    call = Call("m", (Turn(role="user", content="word " * 100),))
    with pytest.raises(AttemptFailed) as late:
        await provider.complete(call)
    assert late.value.usage is not None and late.value.usage.tokens_in >= 500
    await provider.complete(replace(call, late=1))
    await provider.complete(call)
    assert limits == [10.0, 20.0, 24.0], (
        "as long as asked for, twice that, and as it is known to need"
    )
