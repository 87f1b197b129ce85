"""A fork keeps what came before its event, pays only for what follows from its changes, and is a run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from arenainstruct.agents.errors import UserError
from arenainstruct.prompts.template import FOLDER
from arenainstruct.runs import load_config
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.mock import MockServer
from arenainstruct.runs.opening import stored
from arenainstruct.runs.replay.fork import fork_async
from arenainstruct.runs.replay.replay import replay_async
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.view.compare import compare
from arenainstruct.runs.view.source import Source
from tests.small_loop import write_config

PRICED = {"price": {"input": 1.0, "output": 1.0}}


@pytest.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer() as server:
        yield server


@pytest.fixture
async def parent(server: MockServer, tmp_path: Path) -> RunFolder:
    config = load_config(
        write_config(tmp_path, server.url, PRICED, rounds=1), ["per_seed.instructions=1"]
    )
    result = await launch_async(config, runs_dir=tmp_path, run_id="a-1", limit=3)
    assert result.completed
    return RunFolder(Path(result.path))


def event(folder: RunFolder, kind: str, node: str) -> str:
    with stored(folder.store()) as store:
        return next(e.id for e in store.events() if e.kind == kind and e.node == node)


def judged_otherwise(folder: Path) -> Path:
    text = (FOLDER / "arena" / "judge.j2").read_text(encoding="utf-8")
    changed = text.replace("{% block system %}", "{% block system %}Be strict.\n", 1)
    assert changed != text
    path = folder / "judge.j2"
    path.write_text(changed, encoding="utf-8")
    return path


@pytest.mark.slow
async def test_a_changed_prompt_pays_only_for_what_follows(
    server: MockServer, parent: RunFolder, tmp_path: Path
) -> None:
    before = server.counters.paid.total()
    judged = judged_otherwise(tmp_path)
    change = [f"prompt.arena/judge={judged}"]

    late = event(parent, "run_finished", "")
    written = tmp_path / "write.j2"
    text = (FOLDER / "reading_comprehension" / "write.j2").read_text(encoding="utf-8")
    written.write_text(
        text.replace("{% block user %}", "{% block user %}Now.\n", 1), encoding="utf-8"
    )
    both = [*change, f"prompt.reading_comprehension/write={written}"]
    both += ["models.weak-1.model=medium-1"]
    same = await fork_async(
        str(parent.path), at=late, changes=both, run_id="a-2", runs_dir=tmp_path
    )
    assert same.completed and server.counters.paid.total() == before
    nothing = compare(Source(parent), Source(RunFolder(Path(same.path))))
    assert not any(s.changed or s.gone or s.new for s in nothing.sums if s.kind != "reject")

    begins = event(parent, "node_started", "battle")
    other = await fork_async(
        str(parent.path), at=begins, changes=change, run_id="a-3", runs_dir=tmp_path, budget=5.0
    )
    paid = server.counters.paid.total() - before
    with stored(parent.store()) as store:
        uses = (await store.totals()).uses
    judging = sum(use.calls for use in uses if use.role == "juror")
    assert other.completed and 0 < paid == judging
    found = compare(Source(parent), Source(RunFolder(Path(other.path))))
    assert found.costs[1].calls == paid and found.costs[1].inherited == found.costs[0].calls
    kept = {s.kind: s for s in found.sums}
    assert kept["draft"].changed == kept["answer"].changed == 0
    assert kept["draft"].same > 0

    again = await replay_async(other.path)
    assert again.identical, again


@pytest.mark.slow
async def test_a_changed_model_answers_only_after_the_event(
    server: MockServer, parent: RunFolder, tmp_path: Path
) -> None:
    begins = event(parent, "node_started", "battle")
    before = server.counters.paid.total()
    result = await fork_async(
        str(parent.path),
        at=begins,
        changes=["models.weak-1.model=medium-1"],
        run_id="b-1",
        runs_dir=tmp_path,
    )
    assert result.completed
    found = compare(Source(parent), Source(RunFolder(Path(result.path))))
    kept = {s.kind: s for s in found.sums}
    assert server.counters.paid.total() > before
    assert kept["draft"].changed == 0 and kept["answer"].changed > 0


@pytest.mark.slow
async def test_what_is_wrong_is_said_before_anything_is_made(
    parent: RunFolder, tmp_path: Path
) -> None:
    late = event(parent, "run_finished", "")
    for at, change, said in (
        ("event-0-0", [], "no such event"),
        ("\udcff", [], "no such event"),
        (late, ["prompt.nobody=x.j2"], "no prompt and no role"),
        (late, ["prompt.arena/judge=missing.j2"], "missing.j2"),
        (late, ["cast.target=nobody"], "nobody"),
    ):
        with pytest.raises(UserError, match=said):
            await fork_async(
                str(parent.path), at=at, changes=change, run_id="c-1", runs_dir=tmp_path
            )
    assert not (tmp_path / "c-1").exists()
