"""The estimate, held against real runs of the same config."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenainstruct.agents.models.base_settings import Price
from arenainstruct.agents.models.settings import OpenAISettings
from arenainstruct.runs import launch_async, load_config
from arenainstruct.runs.config.config import RunConfig
from arenainstruct.runs.estimate.report import Amount, estimate, estimate_async
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.store import LedgerTotals, Store
from tests.small_loop import write_config

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
STEPS = {
    "transformer": ("transform",),
    "describer": ("describe",),
    "finder": ("widen",),
    "hypothesiser": ("widen",),
    "writer": ("write",),
    "suggester": ("suggest",),
    "editor": ("edit",),
    "curator": ("curate", "second_look"),
    "contender": ("answer",),
    "juror": ("judge",),
    # Left out, and said so: one call at most for a leaf, and for a skill, and a round.
    "critic": (),
    "taxonomist": (),
}
"""Where each role is asked."""


def priced(seeds: Path, *overrides: str) -> RunConfig:
    """Return the embedded config with prices: the estimate is held against USD as well."""
    aliases = load_config().models
    prices = [f"models.{alias}.price={{input: 1, output: 4}}" for alias in aliases]
    return load_config(None, [f"seeds={seeds}", *prices, *overrides])


async def paid(config: RunConfig, folder: Path) -> LedgerTotals:
    result = await launch_async(config, runs_dir=folder, run_id="real-1")
    store = Store.open(Path(result.path) / "store.sqlite")
    try:
        return await store.totals()
    finally:
        store.close()


async def compare(config: RunConfig, totals: LedgerTotals, reach: float = 0.2) -> dict[str, Any]:
    """Hold the estimate against what was paid; return its data."""
    found = (await estimate_async(config)).data()
    likely, most = found["likely"], found["most"]
    assert likely["calls"] == pytest.approx(totals.calls, rel=reach)
    assert likely["usd"] == pytest.approx(totals.usd, rel=reach)
    assert likely["tokens_in"] == pytest.approx(totals.tokens_in, rel=reach)
    assert most["calls"] >= totals.calls and most["usd"] >= totals.usd
    asked = {stage["stage"] for stage in found["stages"]}
    assert asked == {step for role in totals.by_role() for step in STEPS[role]}
    return found


@pytest.mark.slow
async def test_the_estimate_of_the_demo_holds(tmp_path: Path) -> None:
    config = priced(DEMO, "rounds=1")
    found = await compare(config, await paid(config, tmp_path))
    assert (found["seeds"], found["rejected_seeds"]) == (9, 2)
    assert found["sample"]["documents"] == 9


@pytest.mark.slow
@pytest.mark.parametrize(("rounds", "reach"), [(1, 0.2), (2, 0.35)])
async def test_the_estimate_of_real_documents_holds(
    shared: Path, tmp_path: Path, rounds: int, reach: float
) -> None:
    # Nobody can foretell how battles steer a second round: here it takes a third less than the first.
    config = priced(shared / "data" / "seeds", f"rounds={rounds}")
    found = await compare(config, await paid(config, tmp_path), reach)
    assert found["sample"]["documents"] < found["seeds"] / 3
    assert ("how battles steer" in " ".join(found["notes"])) == (rounds > 1)


@pytest.mark.slow
async def test_models_behind_a_server_are_foretold_by_their_stand_ins(
    tmp_path: Path,
) -> None:
    async with MockServer(MockOptions(replies="offline")) as mock:
        config = load_config(write_config(tmp_path, mock.url, {"rpm": 60_000}, rounds=1))
        found = (await estimate_async(config)).data()
        assert not mock.counters.attempts
        totals = await paid(config, tmp_path)
    assert found["likely"]["calls"] == pytest.approx(totals.calls, rel=0.25)
    assert found["likely"]["seconds"] > 0


def test_nobody_is_asked_no_key_is_needed_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    public = "{provider: openai, model: gpt-4.1, rpm: 1, price: {input: 2, output: 8}}"
    names = ("teacher", "other", "small", "juror-1")
    config = load_config(
        None,
        [
            f"seeds={DEMO / 'sourdough.txt'}",
            "cast.jury=[juror-1]",
            "budget.usd=0.000001",
            *(f"models.{name}={public[:-1]}, family: {name}}}" for name in names),
        ],
    )
    found = estimate(config)
    assert found.likely.calls > 20 and found.likely.usd > 0
    assert found.likely.seconds >= 60 * found.likely.calls / 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_same_is_estimated_again() -> None:
    config = load_config(None, [f"seeds={DEMO}", "skills=[tool_use]"])
    assert estimate(config).data() == estimate(config).data()


def test_documents_that_no_skill_takes_are_told_and_not_counted() -> None:
    found = estimate(load_config(None, [f"seeds={DEMO}", "skills=[tool_use]"]))
    data = found.data()
    assert data["seeds"] == 2 and data["rejects"]["no_skill_for_text"] == 5
    told = " ".join(found.table().split())
    assert "5 of a kind that no skill takes (text)" in told and "1 exact duplicate" in told


@pytest.mark.slow
def test_ten_thousand_rows_are_estimated(tmp_path: Path) -> None:
    dice = random.Random(1)
    words = ["".join(dice.choices("abcdefghijklmnop", k=dice.randint(3, 9))) for _ in range(3000)]
    with (tmp_path / "rows.jsonl").open("w") as rows:
        for _ in range(10_000):
            rows.write(json.dumps({"text": " ".join(dice.choices(words, k=60))}) + "\n")
    found = estimate(load_config(None, [f"seeds={tmp_path / 'rows.jsonl'}"]))
    assert found.data()["seeds"] == 10_000


def test_time_follows_the_slowest_endpoint_and_its_rates() -> None:
    def model(url: str, **fields: Any) -> OpenAISettings:
        price = Price(input=2, output=8)
        return OpenAISettings(provider="openai", model="m", base_url=url, price=price, **fields)

    models = {
        "one": model("http://one/v1", concurrency=32),
        "same": model("http://one/v1"),
        "two": model("http://two/v1"),
        "rated": model("http://three/v1", rpm=60),
    }

    def amount(**calls: int) -> Amount:
        numbers = {("answer", a): np.array([n, 1000.0 * n, 60.0 * n]) for a, n in calls.items()}
        return Amount.of(numbers, models)

    assert amount(one=320).seconds == pytest.approx(18)
    assert amount(one=320, same=320).seconds == pytest.approx(36)
    assert amount(one=320, same=320, two=100).seconds == pytest.approx(36)
    all_of_them = amount(one=320, same=320, two=100, rated=100)
    assert all_of_them.seconds == pytest.approx(100)
    assert all_of_them.usd == pytest.approx(840 * (1000 * 2 + 60 * 8) / 1e6)


def test_notes_tell_what_the_numbers_do_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text((DEMO / "sourdough.txt").read_text())
    free = "{provider: openai, model: m, base_url: 'http://127.0.0.1:9/v1'}"
    short = "models.teacher.max_tokens=20"
    config = priced(tmp_path, f"models.other={free}", "budget.usd=0.01", short)
    said = estimate(config).table()
    assert not capsys.readouterr().err
    assert "in which no endpoint was asked: teacher: wrote " in said
    assert "No price is set for other: their calls count as 0 USD." in said
    assert "budget.usd is 0.01: the run will probably stop" in said


@pytest.mark.slow
async def test_the_time_rests_on_how_fast_an_endpoint_was_in_an_earlier_run(
    tmp_path: Path,
) -> None:
    """Once asked, an endpoint's own speed counts; what is assumed is said to be."""
    async with MockServer(MockOptions(latency_ms=30)) as mock:
        config = load_config(write_config(tmp_path, mock.url, rounds=1))
        before = await estimate_async(config, limit=2, runs_dir=tmp_path)
        await launch_async(config, runs_dir=tmp_path, run_id="fast-1", limit=2)
        after = await estimate_async(config, limit=2, runs_dir=tmp_path)
        elsewhere = load_config(write_config(tmp_path, "http://127.0.0.1:1/v1", rounds=1))
        unknown = await estimate_async(elsewhere, limit=2, runs_dir=tmp_path)
    assert "nothing is measured yet" in before.table()
    assert after.speeds.keys() == {mock.url}
    assert after.likely.seconds < before.likely.seconds
    assert "as measured in run fast-1" in after.table()
    assert "nothing is measured" not in after.table()
    assert unknown.likely.seconds == before.likely.seconds
