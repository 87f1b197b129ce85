"""Replay: the same bytes from the ledger alone, and what went another way is named."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.actor import Actor
from arenainstruct.agents.errors import UserError
from arenainstruct.agents.models.call import Call, Reply
from arenainstruct.agents.models.offline import OfflineProvider
from arenainstruct.agents.models.provider import AttemptFailed
from arenainstruct.graphs import kinds
from arenainstruct.runs import load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.mock import MockOptions, MockServer
from arenainstruct.runs.opening import stored
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async, resume_async
from arenainstruct.runs.store import STORE_FILE, Store
from tests.small_loop import write_config

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"
SMALL = ("skills=[reading_comprehension]", "rounds=1", "per_seed.instructions=2")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small run with the embedded models."""
    return asyncio.run(made(tmp_path_factory.mktemp("first")))


@pytest.fixture
def run(first: Path, tmp_path: Path) -> Path:
    """Return a copy of the run that a test may change."""
    return shutil.copytree(first, tmp_path / first.name)


async def made(folder: Path) -> Path:
    (folder / "docs").mkdir()
    shutil.copy(DEMO / "photosynthesis.md", folder / "docs")
    config = load_config(None, [f"seeds={folder / 'docs'}", *SMALL])
    result = await launch_async(config, runs_dir=folder, run_id="a-1")
    assert result.completed and result.counts["battle"] > 0
    return folder / "a-1"


@pytest.mark.slow
async def test_a_replay_may_be_kept_and_is_a_run(run: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    left = kept / f".{run.name}.part" / run.name  # by a kill
    left.mkdir(parents=True)
    (left / STORE_FILE).touch()
    assert (await replay_async(str(run), to=kept)).identical
    assert (await replay_async(str(kept / run.name))).identical
    assert [path.name for path in kept.iterdir()] == [run.name]
    with pytest.raises(UserError, match="is there already"):
        await replay_async(str(run), to=kept)


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any model that is asked fail the test."""

    async def asked(*_: object) -> None:
        raise AssertionError("a model was asked in a replay")

    monkeypatch.setattr(OfflineProvider, "complete", asked)


@pytest.mark.slow
async def test_a_run_is_made_again_from_its_ledger(run: Path, mute: None) -> None:
    store = Store.open(run / STORE_FILE)
    calls, events = (await store.totals()).calls, len(list(store.events()))
    store.close()
    found = await replay_async(str(run))
    assert found.identical and found.served >= calls
    assert str(found) == f"identical ({found.served} calls served)"
    store = Store.open(run / STORE_FILE)
    assert len(list(store.events())) == events  # the run itself is left as it was
    store.close()


@pytest.mark.slow
async def test_failed_calls_fail_again_in_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = OfflineProvider.complete

    async def moody(self: OfflineProvider, call: Call) -> Reply:
        if call.role in ("contender", "juror") and hash_of(call) % 4 == 0:
            raise AttemptFailed("out of order", status=400, final=True)
        return await complete(self, call)

    with monkeypatch.context() as patched:
        patched.setattr(OfflineProvider, "complete", moody)
        run = await made(tmp_path)
    store = Store.open(run / STORE_FILE)
    failed = await store.count(kinds.REJECT)
    store.close()
    assert failed > 0
    assert (await replay_async(str(run))).identical


def hash_of(call: Call) -> int:
    return sum(ord(letter) for letter in call.turns[-1].content + call.alias)


async def test_another_prompt_is_a_divergence_that_is_named(
    run: Path, mute: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak = Actor.speak

    def stricter(self: Actor, prompt: str, variables: Any, *, subject: str, note: str = "") -> Call:
        note = "Be strict." if self.id.type == "curator" else note
        return speak(self, prompt, variables, subject=subject, note=note)

    monkeypatch.setattr(Actor, "speak", stricter)
    found = await replay_async(str(run))
    assert "a call of curator (teacher) in curation/curate, round 1" in found.divergence
    assert "about instruction-" in found.divergence
    assert "the recorded one in turn 2 (user) at character" in found.divergence
    assert "Be strict." in found.divergence


@pytest.mark.slow
async def test_another_setting_of_a_model_is_named(run: Path, mute: None) -> None:
    rewrite(run / "config.yaml", "noise: 0.4", "noise: 0.3")
    found = await replay_async(str(run))
    assert "a call of juror" in found.divergence and "battle/judge, round 1" in found.divergence
    assert "params.noise: 0.3, recorded 0.4" in found.divergence


@pytest.mark.slow
async def test_a_file_that_differs_is_named(run: Path) -> None:
    card = run / "dataset" / "README.md"
    card.write_text(card.read_text() + "edited\n")
    found = await replay_async(str(run))
    assert not found.identical and str(found).endswith("dataset/README.md")


async def test_a_run_that_is_not_completed_is_refused(run: Path) -> None:
    rewrite(run / "result.json", '"completed"', '"stopped: budget"')
    with pytest.raises(UserError, match=r"not completed \(stopped: budget\): take it up"):
        await replay_async(str(run))


async def test_an_endpoint_needs_neither_key_nor_server_nor_its_old_address(tmp_path: Path) -> None:
    async with MockServer(MockOptions(replies="offline", rate_500=0.05)) as mock:
        config = load_config(write_config(tmp_path, mock.url, rounds=1))
        result = await launch_async(config, runs_dir=tmp_path, run_id="a-1", limit=1)
        assert result.completed
    rewrite(tmp_path / "a-1" / "config.yaml", mock.url, "https://models.example/v1")
    found = await replay_async("a-1", runs_dir=tmp_path)
    assert found.identical, str(found)


@pytest.mark.slow
async def test_a_run_under_another_name_and_with_more_rounds_is_made_again_too(run: Path) -> None:
    renamed = run.with_name("another-2")
    shutil.move(run, renamed)
    result = await resume_async(str(renamed), overrides=("rounds=2",))
    assert result.completed and result.reached["round"] == 2
    with stored(RunFolder(renamed).store()) as store:
        planned = [e.round for e in store.events() if (e.kind, e.node) == ("node_finished", "plan")]
    assert planned == [0, 1]  # the rounds behind them: it went on, and did not begin anew
    found = await replay_async(str(renamed))
    assert found.identical, str(found)
