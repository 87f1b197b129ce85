"""The estimate, held against real runs of the same config."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.models.settings import OpenAISettings, Price
from arenainstruct.runs import launch_async, load_config
from arenainstruct.runs.config.config import RunConfig
from arenainstruct.runs.estimate import Amount, estimate
from arenainstruct.runs.spending import Spending
from arenainstruct.runs.store import LedgerTotals, Store

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
STAGES = {
    "transformer": "transformation",
    "describer": "transformation",
    "finder": "transformation",
    "hypothesiser": "transformation",
    "writer": "instruction",
    "suggester": "suggestion",
    "editor": "edit",
    "curator": "curation",
    "contender": "answer",
    "juror": "judge",
}


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


def compare(config: RunConfig, totals: LedgerTotals) -> dict[str, Any]:
    """Hold the estimate against what was paid; return its data."""
    found = estimate(config).data()
    calls: dict[str, int] = {}
    for role, spent in totals.by_role().items():
        calls[STAGES[role]] = calls.get(STAGES[role], 0) + spent.calls
    for stage in found["stages"]:
        assert calls.get(stage["stage"], 0) <= stage["most"]["calls"], stage
    assert found["likely"]["calls"] == pytest.approx(totals.calls, rel=0.35)
    assert found["likely"]["usd"] == pytest.approx(totals.usd, rel=0.35)
    assert found["likely"]["tokens_in"] == pytest.approx(totals.tokens_in, rel=0.4)
    assert found["most"]["usd"] >= totals.usd
    return found


async def test_the_estimate_of_the_demo_holds(tmp_path: Path) -> None:
    config = priced(DEMO, "rounds=1")
    found = compare(config, await paid(config, tmp_path))
    assert (found["seeds"], found["rejected_seeds"]) == (9, 2)


@pytest.mark.slow
async def test_the_estimate_of_real_documents_holds(shared: Path, tmp_path: Path) -> None:
    config = priced(shared / "data" / "seeds")
    compare(config, await paid(config, tmp_path))


@pytest.mark.slow
def test_ten_thousand_rows_are_estimated_quickly(tmp_path: Path) -> None:
    dice = random.Random(1)
    words = ["".join(dice.choices("abcdefghijklmnop", k=dice.randint(3, 9))) for _ in range(3000)]
    with (tmp_path / "rows.jsonl").open("w") as rows:
        for _ in range(10_000):
            rows.write(json.dumps({"text": " ".join(dice.choices(words, k=60))}) + "\n")
    started = time.process_time()
    found = estimate(load_config(None, [f"seeds={tmp_path / 'rows.jsonl'}"]))
    assert found.seeds == 10_000
    assert time.process_time() - started < 20


def test_time_follows_the_slowest_endpoint_and_its_rates() -> None:
    def spending(url: str, **fields: Any) -> Spending:
        model = OpenAISettings(
            provider="openai", model="m", base_url=url, price=Price(input=2, output=8), **fields
        )
        return Spending("answer", model, 100, 100, tokens_in=1000, tokens_out=60)

    amount = Amount()
    amount.add(320, spending("http://one/v1", concurrency=32))
    assert amount.seconds == pytest.approx(18)
    amount.add(320, spending("http://one/v1", concurrency=32))
    assert amount.seconds == pytest.approx(36)
    amount.add(100, spending("http://two/v1"))
    assert amount.seconds == pytest.approx(36)
    amount.add(100, spending("http://three/v1", rpm=60))
    assert amount.seconds == pytest.approx(100)
    assert amount.usd == pytest.approx(840 * (1000 * 2 + 60 * 8) / 1e6)


def test_notes_tell_what_the_numbers_do_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text((DEMO / "sourdough.txt").read_text())
    free = "{provider: openai, model: m, base_url: 'http://127.0.0.1:9/v1'}"
    config = priced(tmp_path, f"models.other={free}", "budget.usd=0.01")
    said = estimate(config).table()
    assert "No price is set for other: their calls count as 0 USD." in said
    assert "budget.usd is 0.01: the run will probably stop" in said
