"""A whole run that trains its target: killed in the middle of it, resumed, replayed, moved."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.graphs import kinds
from arenainstruct.runs import launch, resume
from arenainstruct.runs.config.config import load_config
from arenainstruct.runs.replay.replay import replay
from arenainstruct.runs.store import Store
from tests.folders import differing
from tests.process import python
from tests.small_loop import DEMO
from tests.stage import scanned
from tests.tiny import tiny

SEEDS = 3
CHILD = """
import os, signal, sys
from arenainstruct.runs import launch, load_config

def told(kind, data):
    if kind == "training" and data["at"] == 3:
        os.kill(os.getpid(), signal.SIGKILL)

config, folder, run_id = sys.argv[1:]
launch(load_config(config), runs_dir=folder, run_id=run_id, limit=3, on_event=told)
"""


def write(folder: Path, **training: Any) -> Path:
    """Write the config of a small run whose target is a tiny model, among embedded ones."""
    base = folder / "base"
    if not base.exists():
        tiny(base)
    models: dict[str, Any] = {
        "teacher": {"provider": "offline", "model": "strong"},
        "small": {"provider": "transformers", "model": str(base), "max_tokens": 12, "device": "cpu",
                  "batch": 4, "context_window": 100000},
        "other": {"provider": "offline", "model": "medium"},
        "juror": {"provider": "offline", "model": "judge", "salt": 1},
        "evaluator": {"provider": "offline", "model": "judge", "salt": 2},
    }  # fmt: skip
    sft = {"learning_rate": 0.003, "epochs": 2, "batch": 1}
    data = {
        "seeds": str(DEMO),
        "skills": ["reading_comprehension"],
        "rounds": 2,
        "per_seed": {"passages": 1, "instructions": 2, "refinements": 0},
        "models": models,
        "cast": {
            "default": "teacher",
            "target": "small",
            "contenders": ["other"],
            "jury": ["juror"],
            "evaluation_jury": ["evaluator"],
        },
        "evaluation": {"held_out": 0.3},
        "training": {
            "backend": "trl",
            "steps": ["sft"],
            "device": "cpu",
            "save_every": 2,
            "max_length": 4000,
            "sft": sft,
            **training,
        },
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(data))
    return path


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the config, and a run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("trained")
    result = launch(load_config(write(folder)), runs_dir=folder, run_id="whole-1", limit=SEEDS)
    assert result.status == "completed", result.reason
    return folder


def of(run: Path, kind: Any) -> list[Any]:
    store = Store.open(run / "store.sqlite")
    try:
        return sorted(scanned(store, kind), key=lambda record: record.round)
    finally:
        store.close()


def test_each_round_trains_the_target_in_force_and_says_how(here: Path) -> None:
    run = here / "whole-1"
    trained, gates = of(run, kinds.TRAINED), of(run, kinds.GATE)
    assert [t.round for t in trained] == [1, 2]
    for one, gated in zip(trained, gates, strict=True):
        (step,) = one.training.steps
        assert one.contender == gated.candidate == f"small@{one.model['version']}"
        assert step.updates and step.loss_last < step.loss_first
        assert one.training.device == "cpu" and one.training.versions["torch"]
        assert Path(one.model["model"]) == run / "checkpoints" / one.model["version"]
    forced = "base" if gates[0].word != "promoted" else trained[0].model["version"]
    assert trained[1].training.base == forced, "a held candidate is not trained on"
    assert sorted(p.name for p in (run / "checkpoints").iterdir()) == sorted(
        t.model["version"] for t in trained
    )
    card = (run / "dataset" / "README.md").read_text()
    assert "## Training" in card and f"rows {trained[0].training.digest}" in card
    assert str(here) not in card


async def test_killed_in_the_middle_of_its_training_it_comes_to_the_same_end(here: Path) -> None:
    child = await python("-c", CHILD, here / "config.yaml", here, "killed-1")
    await child.communicate()
    assert child.returncode == -signal.SIGKILL
    run = here / "killed-1"
    assert [p for p in (run / "checkpoints").iterdir() if not p.name.startswith(".")] == []
    told: list[str] = []

    def hear(kind: str, data: dict[str, Any]) -> None:
        told.extend([str(data["text"])] if kind == "notice" else [])

    result = await asyncio.to_thread(resume, str(run), on_event=hear)
    assert result.status == "completed"
    assert any("sft goes on at update" in text for text in told)
    assert differing(here / "whole-1" / "dataset", run / "dataset") == []
    for one, other in zip(of(here / "whole-1", kinds.TRAINED), of(run, kinds.TRAINED), strict=True):
        assert one.training == other.training
        weights = [Path(t.model["model"]) / "model.safetensors" for t in (one, other)]
        assert weights[0].read_bytes() == weights[1].read_bytes()


def test_what_a_step_made_stays_where_a_later_one_is_told_otherwise(here: Path) -> None:
    pairs = ["selection.preference_margin=0", "selection.cut_answers=true"]
    wild = ["training.steps=[sft, dpo]", "training.dpo={learning_rate: 1e30, epochs: 9, batch: 2}"]
    config = load_config(here / "config.yaml", ["rounds=1", *pairs, *wild])
    ended = launch(config, runs_dir=here, run_id="wild-1", limit=SEEDS)
    assert not ended.completed and "lower training.<step>.learning_rate" in ended.reason
    steps: list[str] = []

    def hear(kind: str, data: dict[str, Any]) -> None:
        steps.extend([data["step"]] if kind == "training" else [])

    calm = ("training.dpo.learning_rate=1e-6", "training.dpo.at_once=1")
    result = resume("wild-1", overrides=calm, runs_dir=here, on_event=hear)
    assert result.status == "completed" and {*steps} == {"dpo"}
    (trained,) = of(here / "wild-1", kinds.TRAINED)
    assert [step.step for step in trained.training.steps] == ["sft", "dpo"]


def test_a_replay_trains_nothing_and_needs_no_weights(here: Path) -> None:
    hidden = (here / "whole-1" / "checkpoints").rename(here / "hidden")
    try:
        began = time.time()
        found = replay("whole-1", runs_dir=here)
        made = [p for p in here.rglob("*.safetensors") if p.stat().st_mtime > began]
    finally:
        hidden.rename(here / "whole-1" / "checkpoints")
    assert found.identical, str(found)
    assert not made
