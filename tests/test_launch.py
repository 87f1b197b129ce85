"""From Python: `launch` and its async twin, with every event told to a callback."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from arenainstruct.agents.errors import UserError
from arenainstruct.runs import RunConfig, RunResult, launch, launch_async, load_config, resume_async
from arenainstruct.runs.folder import RunFolder

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    (tmp_path / "docs").mkdir()
    shutil.copy(DEMO / "photosynthesis.md", tmp_path / "docs")
    small = ("skills=[reading_comprehension]", "rounds=1", "per_seed.instructions=2")
    return load_config(None, [f"seeds={tmp_path / 'docs'}", *small])


def test_launch_tells_its_events_and_returns_the_result(config: RunConfig, tmp_path: Path) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    result: RunResult = launch(
        config,
        runs_dir=tmp_path,
        run_id="a-1",
        on_event=lambda kind, data: events.append((kind, data)),
    )
    assert result.completed
    assert result.counts["instruction"] > 0
    kinds = Counter(kind for kind, _ in events)
    assert kinds["run_started"] == kinds["round_started"] == kinds["run_finished"] == 1
    assert kinds["progress"] >= 1
    stages = [data["stage"] for kind, data in events if kind == "stage_finished"]
    assert stages == ["generate", "curate", "battle", "select"]
    saved = yaml.safe_load((tmp_path / "a-1" / "config.yaml").read_text())
    assert load_config(saved) == config


async def test_the_twin_works_in_a_running_loop(config: RunConfig, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="launch_async"):
        launch(config, runs_dir=tmp_path)
    result = await launch_async(config, runs_dir=tmp_path, run_id="a-2")
    assert result.completed
    again = await resume_async("a-2", runs_dir=tmp_path)
    assert again.calls["paid"] == 0
    assert again.counts == result.counts


def test_a_run_in_use_is_not_taken_by_another_process(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.locked():
        with pytest.raises(UserError, match="in use by another process"), folder.locked():
            pass
    with folder.locked():
        pass
