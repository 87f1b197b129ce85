"""From Python: `launch` and its async twin, with every event told to a callback."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from arenainstruct.agents.errors import UserError
from arenainstruct.runs import (
    RunConfig,
    RunResult,
    launch,
    launch_async,
    load_config,
    resume,
    resume_async,
)
from arenainstruct.runs.folder import RunFolder
from arenainstruct.runs.replay.replay import replay
from arenainstruct.runs.screen.progress import Progress
from arenainstruct.runs.screen.summary import summary
from arenainstruct.tools.ratings.intervals import told

DEMO = Path(__file__).resolve().parents[1] / "runs" / "demo"


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    (tmp_path / "docs").mkdir()
    shutil.copy(DEMO / "photosynthesis.md", tmp_path / "docs")
    small = ("skills=[reading_comprehension]", "rounds=1", "per_seed.instructions=2")
    return load_config(None, [f"seeds={tmp_path / 'docs'}", *small])


@pytest.mark.slow
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
    assert stages[:4] == ["generate", "curate", "battle", "select"]
    assert set(stages[4:]) <= {"second_look", "evaluate"}
    saved = yaml.safe_load((tmp_path / "a-1" / "config.yaml").read_text())
    assert load_config(saved) == config


@pytest.mark.slow
def test_a_run_that_is_done_and_moved_is_what_it_was_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs := tmp_path / "docs").mkdir()
    shutil.copy(DEMO / "photosynthesis.md", docs)
    german = "Der Leuchtturm steht auf einem Felsen über dem Hafen und dreht sein Licht alle zehn Sekunden."
    (docs / "turm.txt").write_text(f"{german} {german.replace('Hafen', 'Dorf')} " * 3)
    monkeypatch.chdir(tmp_path)
    small = ("skills=[reading_comprehension]", "rounds=1", "per_seed.instructions=1")
    result = launch(load_config(None, ["seeds=docs", *small]), runs_dir="runs", run_id="a-1")
    assert (
        "language:\n- en\n- de\n"
        in (tmp_path / "runs" / "a-1" / "dataset" / "README.md").read_text()
    )
    monkeypatch.chdir("/")
    again = resume("a-1", runs_dir=tmp_path / "runs")
    assert again.reached["round"] == result.reached["round"] == 1
    moved = shutil.move(tmp_path / "runs" / "a-1", tmp_path / "elsewhere-1")
    assert replay(str(moved)).identical


@pytest.mark.slow
async def test_the_twin_works_in_a_running_loop(config: RunConfig, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="launch_async"):
        launch(config, runs_dir=tmp_path)
    result = await launch_async(config, runs_dir=tmp_path, run_id="a-2")
    assert result.completed
    again = await resume_async("a-2", runs_dir=tmp_path)
    assert again.calls["paid"] == 0
    assert again.counts == result.counts


def test_ratings_keep_their_columns_beside_a_long_alias(config: RunConfig, tmp_path: Path) -> None:
    result = launch(config, runs_dir=tmp_path, run_id="long-1")
    first, *others = result.ratings
    assert others
    named = replace(
        result, ratings=[{**first, "model": "the-longest-alias-of-all-the-models"}, *others]
    )
    head, *lines = summary(named).split("Ratings", 1)[1].split("\n\n")[0].splitlines()
    shown = [told(row["low"], row["high"]) for row in named.ratings]
    assert len({line.index(text) for line, text in zip(lines, shown, strict=True)}) == 1, lines


def test_documents_that_no_skill_takes_are_rejects_and_no_seeds(
    config: RunConfig, tmp_path: Path
) -> None:
    code = "".join(
        f"def area_{n}(width, height):\n    return width * height * {n}\n" for n in range(20)
    )
    (tmp_path / "docs" / "areas.py").write_text(code)
    result = launch(config, runs_dir=tmp_path, run_id="left-1")
    assert result.counts["seed"] == 1 and result.counts["rejects"]["seeds/no_skill_for_code"] == 1
    assert "seeds: no skill takes 1 of the documents: 1 code" in summary(result)


@pytest.mark.slow
async def test_a_stopped_run_tells_where_it_stands_and_a_resumed_one_at_once(
    config: RunConfig, tmp_path: Path
) -> None:
    priced = [f"models.{m}.price={{input: 1, output: 1}}" for m in ("teacher", "small")]
    poor = load_config(yaml.safe_load(config.yaml()), [*priced, "budget.usd=0.009"])
    stopped = await launch_async(poor, runs_dir=tmp_path, run_id="s-1")
    assert stopped.status == "stopped: budget"
    where = {"round": 1, "rounds": 1, "stage": "generate", "done": 0, "of": 1, "units": "seeds"}
    assert stopped.reached == where
    page = summary(stopped)
    assert "stopped in round 1 of 1, generate: 0 of 1 seeds done" in page
    assert "unchanged: no battle was fought" in page
    assert "Cost: " in page and "all starts" not in page

    # Enough for some battles now, but not for all.
    shown: list[str] = []
    progress = Progress()

    def listen(kind: str, data: dict[str, Any]) -> None:
        progress.take(kind, data)
        shown.append(progress.line())

    again = await resume_async(
        "s-1",
        runs_dir=tmp_path,
        overrides=("budget.usd=0.042", "execution.in_flight=1"),
        on_event=listen,
    )
    assert again.status == "stopped: budget" and again.reached["stage"] == "battle"
    assert "round 1 of 1" in shown[1] and not [line for line in shown if line.startswith("round 0")]
    assert not [line for line in shown if "select" in line]
    assert again.counts["battle"] > 0 and again.counts["sft"] > 0
    page = summary(again)
    assert "unchanged: it changes at the end of a round" in page
    assert f"Cost of all starts: {again.calls_in_all:,} calls paid" in page
    assert again.calls_in_all == stopped.calls_in_all + again.calls["paid"]
    assert again.usd == pytest.approx(stopped.usd + again.usd_this_start)


def test_a_run_in_use_is_not_taken_by_another_process(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.locked():
        with pytest.raises(UserError, match="in use by another process"), folder.locked():
            pass
    with folder.locked():
        pass
