"""The same config and seed give the same bytes, however much is in flight and whatever the hashes."""

from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path

from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.run import launch_async

Cli = Callable[..., Awaitable[Process]]
Differing = Callable[[Path, Path], list[str]]
SEEDS = Path(__file__).parents[1] / "runs" / "demo"


async def dataset(config: Path | None, folder: Path, run_id: str, *overrides: str) -> Path:
    """Return the dataset of a run."""
    loaded = load_config(config, overrides)
    result = await launch_async(loaded, runs_dir=folder, run_id=run_id)
    assert result.status == "completed" and result.counts["sft"] > 0
    return folder / run_id / "dataset"


async def test_offline_one_or_64_in_flight_with_any_hash_seed(
    cli: Cli, differing: Differing, tmp_path: Path
) -> None:
    shared = (f"seeds.path={SEEDS}", "per_seed.instructions=2")
    wide = await dataset(None, tmp_path, "wide-1", *shared, "execution.in_flight=64")
    arguments = ("--runs-dir", tmp_path, "--run-id", "narrow-1", "--json")
    settings = [part for text in (*shared, "execution.in_flight=1") for part in ("--set", text)]
    process = await cli("run", *arguments, *settings, PYTHONHASHSEED="4711")
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert differing(wide, tmp_path / "narrow-1" / "dataset") == []


async def test_over_http_one_or_64_calls_in_flight(
    cli: Cli, loop_config: Callable[..., Path], differing: Differing, tmp_path: Path
) -> None:
    # Jitter and faults: replies come back in another order each time, some after retries.
    options = MockOptions(
        jitter_ms=10, replies="offline", rate_500=0.05, rate_429=0.03, retry_after=0.02
    )
    async with MockServer(options) as mock:
        one = loop_config(mock.url, each={"concurrency": 1}, execution={"in_flight": 1})
        narrow = await dataset(one, tmp_path, "narrow-1")
    async with MockServer(options) as mock:
        many = loop_config(mock.url, each={"concurrency": 64}, execution={"in_flight": 64})
        wide = await dataset(many, tmp_path, "wide-1")
        arguments = ("run", many, "--runs-dir", tmp_path, "--run-id", "hashed-1", "--json")
        process = await cli(*arguments, PYTHONHASHSEED="99")
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()
    assert differing(narrow, wide) == []
    assert differing(wide, tmp_path / "hashed-1" / "dataset") == []
