"""Backend `trl`: the steps in a process of their own on this machine, so that its memory is its own.

The work stands in `checkpoints/.VERSION/` until it is whole, and then in `checkpoints/VERSION/`.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...agents.errors import TrainingFailed
from .process import beside

_NEXT = {
    "memory": "lower training.<step>.at_once (of ppo minibatch, of grpo and rloo batch) or "
    "training.max_length, set training.lora, or free memory",
    "disk": "make room",
    "diverged": "lower training.<step>.learning_rate",
    "missing": "install what it names",
    "other": "see the end of {log}",
}
_KILLED = 9


@dataclass(frozen=True)
class Done:
    """What came of it."""

    steps: tuple[dict[str, Any], ...]
    """What each step came to."""
    model: Path | None
    """The folder of the weights; None where none were trained."""
    device: str


async def train_here(folder: Path, tell: Callable[..., None]) -> Done:
    """Do the steps of the plan in a folder.

    Raises:
        TrainingFailed: it ended before its end; what is done is kept.
    """
    log = folder / "log.txt"
    steps: list[dict[str, Any]] = []
    failed: dict[str, Any] = {}
    done: dict[str, Any] = {"model": "", "device": ""}
    package = __name__.rpartition(".")[0]
    command = (sys.executable, "-m", f"{package}.steps", str(folder))
    async with beside(command, log, _environment()) as process:
        async for line in process.lines():
            told = orjson.loads(line)
            match told.pop("event"):
                case "step":
                    steps.append(told)
                case "failed":
                    failed = told
                case "done":
                    done = told
                case "loss":
                    tell("training", **told)
                case "resumed":
                    tell("notice", text=f"training: {told['step']} goes on at update {told['at']}")
        status = await process.ended()
    if status:
        raise _failure(failed, status, log)
    return Done(tuple(steps), Path(done["model"]) if done["model"] else None, done["device"])


def _failure(failed: dict[str, Any], status: int, log: Path) -> TrainingFailed:
    if not failed:
        killed = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        kind = "memory" if status == -_KILLED else "other"
        hint = " (as a machine that runs out of memory does)" if status == -_KILLED else ""
        failed = {"kind": kind, "message": f"the training's process {killed}{hint}"}
    move = _NEXT[failed["kind"]].format(log=log)
    return TrainingFailed(f"{failed['message'][:400]}; {move}")


def _environment() -> dict[str, str]:
    """Return the environment of the process: nobody is asked where no hub is needed."""
    return os.environ | {"TOKENIZERS_PARALLELISM": "false", "PYTHONUNBUFFERED": "1"}
