"""The same config and seed give the same bytes, however much is in flight and whatever the hashes."""

from pathlib import Path

import pytest

from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.run import launch_async
from tests.folders import differing
from tests.process import start
from tests.small_loop import write_config

SKILLS = {
    "committee": ["reading_comprehension", "text_modification", "tool_use"],
    "peer_battle": ["reading_comprehension", "text_modification"],
}


@pytest.mark.slow
@pytest.mark.parametrize("protocol", SKILLS)
async def test_one_or_64_calls_in_flight_with_any_hash_seed(protocol: str, tmp_path: Path) -> None:
    # Jitter and faults: replies come back in another order each time, some after retries.
    options = MockOptions(
        jitter_ms=10, replies="offline", rate_500=0.05, rate_429=0.03, retry_after=0.02
    )
    arena = {"battles_per_instruction": 2, "protocol": protocol}

    def config(url: str, many: int) -> Path:
        flight = {"each": {"concurrency": many}, "execution": {"in_flight": many}}
        return write_config(tmp_path, url, skills=SKILLS[protocol], arena=arena, **flight)

    async with MockServer(options) as mock:
        narrow = load_config(config(mock.url, 1))
        result = await launch_async(narrow, runs_dir=tmp_path, run_id="narrow-1", limit=5)
    assert result.status == "completed" and result.counts["sft"] > 0
    async with MockServer(options) as mock:
        process = await start(
            *("run", config(mock.url, 64), "--runs-dir", tmp_path, "--run-id", "wide-1"),
            *("--limit", 5),
            PYTHONHASHSEED="99",
        )
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()
    assert differing(tmp_path / "narrow-1" / "dataset", tmp_path / "wide-1" / "dataset") == []
