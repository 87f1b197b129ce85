"""What ends a training before its end: told in words, with the next move, and taken up again."""

import errno
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.errors import TrainingFailed, UserError
from arenainstruct.runs import load_config
from arenainstruct.runs.run import launch_async
from arenainstruct.runs.training import process, trainer, trl
from arenainstruct.runs.training.marker import mark, marked
from arenainstruct.runs.training.steps.work import TrainingEnds, classified
from tests.small_loop import DEMO


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "memory"),
        (MemoryError(), "memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "disk"),
        (ValueError("the package trl is not installed: pip install it"), "missing"),
        (ModuleNotFoundError("No module named 'peft'"), "missing"),
        (TrainingEnds("diverged", "sft: the loss is nan"), "diverged"),
        (KeyError("x"), "other"),
    ],
)
def test_each_kind_of_end_is_told_apart(error: Exception, kind: str) -> None:
    assert classified(error).kind == kind


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "signal 9.*runs out of memory.*lower",
        ),
        ("import sys; sys.exit(5)", "ended with status 5; see the end of .*log.txt"),
        (
            """import sys; print('{"event": "failed", "kind": "disk", "message": "full"}'); sys.exit(3)""",
            "full; make room",
        ),
        (
            """import sys; print('{"event": "failed", "kind": "diverged", "message": "nan"}'); sys.exit(3)""",
            "nan; lower training.<step>.learning_rate",
        ),
    ],
)
async def test_a_process_that_ends_early_says_why_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    real = process.beside

    def instead(command: tuple[str, ...], log: Path, environment: dict[str, str]) -> Any:
        return real((command[0], "-c", script), log, environment)

    monkeypatch.setattr(trl, "beside", instead)
    with pytest.raises(TrainingFailed, match=words) as caught:
        await trl.train_here(tmp_path, lambda event, **data: None)
    assert caught.value.reason == "training"


async def test_a_missing_package_is_told_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "find_spec", lambda name: None)
    config = load_config(None, [f"seeds={DEMO}", "training={backend: trl, base: some/weights}"])
    with pytest.raises(UserError, match=r"needs torch, transformers, trl.*arenainstruct\[train\]"):
        await launch_async(config, runs_dir=tmp_path, run_id="no-torch")
    assert not (tmp_path / "no-torch").exists()


def test_a_folder_counts_only_as_long_as_its_files_are_what_they_were(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("one", "deep/two"):
        (tmp_path / name).write_text(name)
    assert marked(tmp_path) is None
    mark(tmp_path, {"step": "sft"})
    assert marked(tmp_path) == {"step": "sft"}
    (tmp_path / "deep/two").write_text("tw")
    assert marked(tmp_path) is None
    mark(tmp_path, {})
    (tmp_path / "three").write_text("more")
    assert marked(tmp_path) is None
