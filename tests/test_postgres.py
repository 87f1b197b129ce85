"""A run whose store is a PostgreSQL database: the same bytes, kill and resume, and workers side by side."""

import asyncio
import json
import re
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from arenainstruct.agents.errors import BudgetSpent, UserError
from arenainstruct.runs.check import check
from arenainstruct.runs.cli import app
from arenainstruct.runs.config.config import RunConfig, load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async, resume_async
from arenainstruct.runs.store import Place, Store, drop_store, holds_store, sharing
from arenainstruct.runs.testset.result import folder_name
from tests.folders import differing
from tests.process import start as start_process
from tests.small_loop import write_config

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
PASSWORD = "arena-pw"
IN_FLIGHT = 6 * 4
"""Six models with four calls each."""


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    """A mock server whose models really play their roles."""
    async with MockServer(MockOptions(latency_ms=15, replies="offline")) as server:
        yield server


@pytest.fixture
def place(postgres: str, tmp_path: Path) -> Any:
    """Where a store of its own is."""
    place = Place.of(postgres, f"r-{tmp_path.name}")
    yield place
    drop_store(place)


def small(folder: Path, *more: str) -> RunConfig:
    """Return the config of a small run that uses tools and texts, with the embedded models."""
    docs = folder / "docs"
    if not docs.exists():
        docs.mkdir()
        for name in ("photosynthesis.md", "library_api.yaml"):
            shutil.copy(DEMO / name, docs)
    skills = "skills=[reading_comprehension, tool_use]"
    return load_config(None, [f"seeds={docs}", skills, "per_seed.instructions=2", *more])


def holding(folder: Path, secret: str) -> list[str]:
    """Return the files that hold a secret."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.slow
async def test_a_run_makes_the_same_bytes_wherever_its_store_is(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lite = await launch_async(small(tmp_path), runs_dir=tmp_path, run_id="lite-1")
    config = small(tmp_path, f"execution.store={postgres}")
    assert PASSWORD not in repr(config) + config.yaml() + config.brief()
    run = tmp_path / f"r-{tmp_path.name}"
    shared = await launch_async(config, runs_dir=tmp_path, run_id=run.name)
    assert shared.completed and shared.counts == lite.counts and shared.calls == lite.calls
    assert differing(run / "dataset", tmp_path / "lite-1" / "dataset") == []
    assert not list(run.glob("*.sqlite*"))
    assert holding(run, PASSWORD) == []
    with pytest.raises(UserError, match="exists"):
        await launch_async(config, runs_dir=tmp_path, run_id=run.name)
    with pytest.raises(UserError, match=r"exists on postgresql://arena@127\.0\.0\.1"):
        await launch_async(config, runs_dir=tmp_path / "elsewhere", run_id=run.name)

    # Whoever comes later finds the store by the folder, and has the password of the environment.
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    again = await resume_async(str(run))
    assert again.completed and again.calls["paid"] == 0
    longer = await resume_async(str(run), overrides=("rounds=3",))
    assert longer.counts["gate"] == 3
    assert (await replay_async(str(run))).identical
    for command in (["export", str(run), "--to", str(tmp_path / "out")], ["audit", str(run)]):
        done = await asyncio.to_thread(CliRunner().invoke, app, command)
        assert done.exit_code == 0, done.output
    assert holding(run, PASSWORD) == []
    drop_store(RunFolder(run).store())


@pytest.mark.slow
async def test_a_run_that_is_killed_resumes_to_the_same_dataset(
    postgres: str, mock: MockServer, tmp_path: Path
) -> None:
    config = write_config(tmp_path, mock.url)
    whole = await launch_async(load_config(config), runs_dir=tmp_path, run_id="whole-1", limit=3)
    paid = whole.calls["paid"]
    run = tmp_path / f"k-{tmp_path.name}"
    # The variable is named in the config, and its value nowhere.
    store = postgres.replace(PASSWORD, "${ARENA_DB}")
    start: tuple[object, ...] = ("run", config, "--runs-dir", tmp_path, "--run-id", run.name)
    start += ("--limit", 3, "--set", f"execution.store={store}")
    for share in (0.2, 0.5, 0.8):
        before = mock.counters.paid.total()
        process = await start_process(*start, ARENA_DB=PASSWORD)
        while mock.counters.paid.total() < max(before + 1, (1 + share) * paid):
            assert process.returncode is None, "the run ended too early"
            await asyncio.sleep(0.002)
        process.kill()
        await process.communicate()
        start = ("resume", run)
    process = await start_process("resume", run, "--json", ARENA_DB=PASSWORD)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert json.loads(out.decode().splitlines()[-1])["status"] == "completed"
    assert differing(run / "dataset", tmp_path / "whole-1" / "dataset") == []
    assert mock.counters.paid.total() <= 2 * paid + 3 * IN_FLIGHT
    assert holding(run, PASSWORD) == [] and "${ARENA_DB}" in (run / "config.yaml").read_text()
    drop_store(Place.of(postgres, run.name))


@pytest.mark.slow
async def test_a_run_is_one_supervisor_s_at_a_time(postgres: str, place: Place) -> None:
    first, second = Store.open(place), Store.open(place)
    await first.own_run()
    with pytest.raises(UserError, match=r"in use by another process on postgresql://arena@"):
        await second.own_run()
    first.close()
    await second.own_run()
    second.close()


# ---- workers on one store ------------------------------------------------------------------------

WORKER = """
import asyncio, json, sys
from arenainstruct.agents.models.call import Call
from arenainstruct.agents.models.door import Door
from arenainstruct.agents.models.settings import OpenAISettings
from arenainstruct.agents.records import Turn
from arenainstruct.agents.errors import BudgetSpent
from arenainstruct.agents.models.limits import share_limits
from arenainstruct.agents.models.opening import open_models
from arenainstruct.runs.store import Place, Store

address, run, url, calls, ceiling = sys.argv[1:]

async def main():
    price = {"input": 0.0, "output": 1e6 / 100} if float(ceiling) else {}
    settings = OpenAISettings(provider="openai", model="m", base_url=url, concurrency=8, price=price,
                              max_tokens=100)
    store = Store.open(Place.of(address, run))
    limits = share_limits({"m": settings}, patience_s=60, notify=lambda text: None)
    models = open_models({"m": settings}, limits, 7)
    door = Door(models, store, await store.budget(float(ceiling) or None))
    asked = [Call("m", (Turn(role="user", content=f"Name colour {n}."),)) for n in range(int(calls))]
    print("ready", flush=True)
    sys.stdin.readline()
    found = await asyncio.gather(*map(door.complete, asked), return_exceptions=True)
    told = [getattr(reply, "text", None) for reply in found]
    spent = sum(isinstance(reply, BudgetSpent) for reply in found)
    others = [repr(r) for r in found if isinstance(r, Exception) and not isinstance(r, BudgetSpent)]
    await door.aclose()
    totals = await store.totals()
    store.close()
    print(json.dumps({"texts": told, "refused": spent, "others": others, "usd": totals.usd,
                      **door.tally.calls()}))

asyncio.run(main())
"""


async def worker(postgres: str, place: Place, url: str, calls: int, usd: float = 0.0) -> Process:
    """Start a worker that waits for the word to begin."""
    arguments = (postgres, place.run, url, str(calls), str(usd))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    said = await process.stdout.readline()
    assert said == b"ready\n", (await process.communicate())[1].decode()
    return process


async def report(process: Process) -> dict[str, Any]:
    out, err = await process.communicate(b"go\n")
    assert process.returncode == 0, err.decode()
    found: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    assert found["others"] == []
    return found


@pytest.mark.slow
async def test_two_workers_never_pay_the_same_call(postgres: str, place: Place) -> None:
    async with MockServer(MockOptions(latency_ms=30, replies="canned")) as mock:
        two = [await worker(postgres, place, mock.url, 60) for _ in range(2)]
        one, other = await asyncio.gather(*map(report, two))
        assert one["texts"] == other["texts"] and None not in one["texts"]
        assert mock.counters.paid.total() == 60 and mock.counters.report()["duplicates"] == 0
        assert one["paid"] + other["paid"] == 60 and one["served"] + other["served"] == 60


@pytest.mark.slow
async def test_what_a_killed_worker_was_paying_for_is_anyone_s(postgres: str, place: Place) -> None:
    async with MockServer(MockOptions(latency_ms=400, replies="canned")) as mock:
        dying, living = [await worker(postgres, place, mock.url, 8) for _ in range(2)]
        assert dying.stdin is not None
        dying.stdin.write(b"go\n")
        while mock.counters.report()["requests"] < 8:
            assert dying.returncode is None
            await asyncio.sleep(0.002)
        asking = asyncio.create_task(report(living))
        await asyncio.sleep(0.1)
        dying.kill()
        await dying.communicate()
        found = await asking
        assert None not in found["texts"] and (found["paid"], found["served"]) == (8, 0)


async def test_a_worker_that_hangs_loses_its_claims(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LEASE_S", 0.3)
    monkeypatch.setattr(sharing.Peer, "_live", lambda self: None)
    hanging, other = Store.open(place), Store.open(place)
    async with hanging.claimed("k") as reply:
        assert reply is None
        async with other.claimed("k") as reply:  # after the lease
            assert reply is None
    hanging.close()
    other.close()


@pytest.mark.slow
async def test_the_ceiling_is_that_of_all_workers(postgres: str, place: Place) -> None:
    # Every call may cost 1 USD, and costs less; other calls than the other worker's.
    async with MockServer(MockOptions(latency_ms=20, replies="canned", tokens=60)) as mock:
        two = [await worker(postgres, place, mock.url, n, 10.0) for n in (40, 30)]
        one, other = await asyncio.gather(*map(report, two))
        assert one["refused"] > 0 and other["refused"] > 0
        assert 8.0 < max(one["usd"], other["usd"]) <= 10.0
        assert mock.counters.report()["duplicates"] == 0


async def test_money_that_a_dead_worker_held_back_comes_free(place: Place) -> None:
    stores = [Store.open(place) for _ in range(2)]
    one, other = [await store.budget(1.0) for store in stores]
    await one.reserve(0.8)
    waiting = asyncio.create_task(other.reserve(0.5))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    stores[0].close()
    await waiting
    await other.settle(0.5, 0.6)
    with pytest.raises(BudgetSpent, match=r"0\.6000 USD are spent"):
        await other.reserve(0.5)
    stores[1].close()


# ---- what can be wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://u:secret-1@h/d", "execution.store: needs postgresql://"),
        ("postgresql://u:secret-1@h", "execution.store: needs postgresql://"),
        ("postgresql://h/d?password=secret-1", "execution.store: holds a password in its query"),
        ("postgresql://u:secret-1@sec@h", "execution.store: needs postgresql://"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(
    address: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as found:
        small(tmp_path, f"execution.store={address}")
    assert told in str(found.value) and "secret" not in str(found.value)
    with pytest.raises(UserError) as found:
        load_config({**small(tmp_path).model_dump(), "execution": {"store": address}})
    assert told in str(found.value) and "secret" not in str(found.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("arena-pw", "secret-1"), "password authentication failed"),
        ((r":\d+/", ":1/"), "cannot be reached"),
        (("arena-pw", "${NO_SUCH}"), "the environment variable NO_SUCH, which is not set"),
        (("/postgres$", "/nobody"), 'database "nobody" does not exist'),
    ],
)
async def test_a_database_that_cannot_be_used_is_told_before_anything_is_made(
    postgres: str, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    address = re.sub(*change, postgres)
    with pytest.raises(UserError) as found:
        await launch_async(
            small(tmp_path, f"execution.store={address}"), runs_dir=tmp_path, run_id="x-1"
        )
    looked = await asyncio.to_thread(check, small(tmp_path, f"execution.store={address}"))
    (store,) = [finding for finding in looked if finding.what == "execution.store"]
    for text in (str(found.value), store.detail):
        assert told in text
        assert "secret-1" not in text and PASSWORD not in text
    assert not store.ok and store.by_user
    assert not (tmp_path / "x-1").exists()


async def test_check_says_that_a_database_takes_runs_or_whom_to_let(
    postgres: str, tmp_path: Path
) -> None:
    async def told(address: str) -> str:
        looked = await asyncio.to_thread(check, small(tmp_path, f"execution.store={address}"))
        return next(str(finding) for finding in looked if finding.what == "execution.store")

    assert "takes runs" in await told(postgres)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader-pw'")
        assert "GRANT CREATE ON DATABASE" in await told(
            postgres.replace("arena:arena-pw", "reader:reader-pw")
        )
        connection.execute("DROP ROLE reader")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["arena", "testset"])
async def test_commands_beside_the_run_keep_what_they_pay_in_the_database_too(
    postgres: str, tmp_path: Path, command: str
) -> None:
    asked = tmp_path / f"{command}-{tmp_path.name}.jsonl"
    rows = [{"prompt": f"What is {n} plus {n + 1}, and why is that so?"} for n in range(4)]
    asked.write_text("\n".join(map(json.dumps, rows)))
    models = ("--contenders", "teacher,small", "--jury", "juror-1,juror-2,juror-3")
    more = (*models, "--run-id", f"a-{tmp_path.name}") if command == "arena" else ("--hard", "2")

    async def told(place: str, *store: str) -> dict[str, Any]:
        words = [command, str(asked), *more, "--runs-dir", str(tmp_path / place), "--json", *store]
        done = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    lite, shared = await told("lite"), await told("shared", "--set", f"execution.store={postgres}")
    kept = ("models", "counts") if command == "arena" else ("prompts", "counts")
    assert [shared.get(name) for name in kept] == [lite.get(name) for name in kept]
    assert not list((tmp_path / "shared").rglob("*.sqlite"))
    assert holding(tmp_path / "shared", PASSWORD) == []
    place = Place.of(postgres, more[-1] if command == "arena" else folder_name(asked))
    assert holds_store(place)
    drop_store(place)


async def test_the_extra_is_named_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arenainstruct.runs.store.dialect.find_spec", lambda name: None)
    config = small(tmp_path, "execution.store=postgresql://arena@127.0.0.1/arena")
    with pytest.raises(UserError, match=r"pip install 'arenainstruct\[postgres\]'"):
        await launch_async(config, runs_dir=tmp_path, run_id="x-1")
    assert not (tmp_path / "x-1").exists()


@pytest.mark.slow
async def test_a_run_without_seeds_leaves_nothing_behind(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "short.txt").write_text("Too short.")
    with pytest.raises(UserError):
        config = small(tmp_path, f"execution.store={postgres}")
        await launch_async(config, runs_dir=tmp_path, run_id=f"n-{tmp_path.name}")
    with psycopg.connect(postgres) as connection:
        query = "SELECT count(*) FROM pg_namespace WHERE nspname = %s"
        assert connection.execute(query, (f"n-{tmp_path.name}",)).fetchone() == (0,)
