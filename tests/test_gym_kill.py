"""The gym's run, killed in its battles and in its training: taken up again, it comes to the same end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
for needed in ("torch", "transformers", "trl"):
    pytest.importorskip(needed, reason="the gym's target is trained: install arenainstruct[train]")

SMALL = (
    "--base-steps 120 --instructions 96 --held-out 48 --rows 64 --updates 30 --rounds 2 --each 1"
)


def command(folder: Path) -> list[str]:
    package = "arenainstruct.runs.gym"
    return [sys.executable, "-m", package, "flywheel", "--folder", str(folder), *SMALL.split()]


def until(folder: Path, line: str, times: int = 1) -> None:
    """Run, and kill it at a line of its output."""
    with subprocess.Popen(command(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for said in process.stdout:
            times -= line in said
            if not times:
                process.kill()
                return
        raise AssertionError(f"it never said {line!r} so often")


def end(folder: Path) -> Any:
    """Run to the end, and return what it came to, without paths."""
    subprocess.run(command(folder), check=True, stdout=subprocess.DEVNULL)
    found = json.loads((folder / "flywheel.json").read_text())
    for one in found["rounds"]:
        del one["weights"]
    return found


def test_killed_in_battles_and_in_training_it_comes_to_the_same_end(tmp_path: Path) -> None:
    whole = end(tmp_path / "whole")
    assert [one["gate"]["word"] for one in whole["rounds"]]
    assert whole["rounds"][0]["candidate"], "something was trained"
    killed = tmp_path / "killed"
    killed.mkdir()
    # One base for both: it is made before the run, and a kill there starts it over.
    (tmp_path / "whole" / "base-7").rename(killed / "base-7")
    until(killed, "curate:")
    until(killed, "update 1 of")
    until(killed, "curate:")
    assert end(killed) == whole
