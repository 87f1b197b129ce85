"""The process that trains: a folder with a plan in, the weights of its last step out.

What it tells stands on its standard output, a JSON object a line; whatever libraries print goes to the
standard error. It ends with whoever started it, and never trains where another one does.
"""

import fcntl
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from ....agents.models.causal import device_of
from ..marker import marked
from ..plan import Plan
from .ppo import ppo
from .trainers import dpo, grpo, reward, rloo, sft
from .work import Facts, TrainingEnds, Work, classified

STEPS: dict[str, Callable[[Work], Facts]] = {
    "sft": sft,
    "dpo": dpo,
    "reward": reward,
    "ppo": ppo,
    "grpo": grpo,
    "rloo": rloo,
}
FAILED = 3
"""Exit status of a training that ended with a reason."""


def main(folder: Path) -> int:
    """Do the steps of the plan in a folder that are not done yet."""
    said = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def tell(event: str, **data: Any) -> None:
        said.write(orjson.dumps({"event": event, **data}) + b"\n")

    try:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _steps(folder, tell)
    except Exception as error:  # a boundary: what torch and its like raise is told in words
        ends = classified(error)
        tell("failed", kind=ends.kind, message=str(ends))
        if not isinstance(error, TrainingEnds):
            raise
        return FAILED
    return 0


def _steps(folder: Path, tell: Callable[..., None]) -> None:
    plan = Plan.read(folder)
    base, trained = plan.base, ""
    for name in plan.steps:
        work = Work(plan, name, base, folder / name, tell)
        facts = marked(work.result)
        if facts is None:
            work.folder.mkdir(exist_ok=True)
            facts = STEPS[name](work)
        tell("step", **facts)
        if facts["updates"] and name != "reward":
            base = trained = str(work.result)
    tell("done", model=trained, device=device_of(plan.settings.device))


def _end_with_parent() -> None:
    """Wait for the end of standard input, which whoever started this holds open; then end at once."""
    while os.read(0, 1 << 10):  # not through sys.stdin: its lock would be held at the end
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
