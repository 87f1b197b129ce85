"""The study: arms against each other at one training budget, the same base for all arms of a seed.

Each arm of each seed is a process and leaves one small file of JSON; what is there is not run again.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bout import base_of, bout
from .model import BaseSettings
from .setting import Size


@dataclass(frozen=True)
class Cell:
    """One arm of one seed."""

    arm: str
    size: Size

    def file(self, folder: Path) -> Path:
        """Return where its outcome lies."""
        return folder / f"{self.arm}-{self.size.seed}.json"


def run_cell(folder: Path, cell: Cell, base: BaseSettings, each: int) -> None:
    """Run one cell, and write its file last."""
    made = base_of(folder, base, lambda text: None)
    place = folder / f"work-{cell.arm}-{cell.size.seed}"
    found = bout(place, made, cell.size, cell.arm, each=each)
    part = cell.file(folder).with_suffix(f".part-{os.getpid()}")
    part.write_text(json.dumps(_small(found)) + "\n", encoding="utf-8")
    part.replace(cell.file(folder))
    shutil.rmtree(place)


def _small(found: dict[str, Any]) -> dict[str, Any]:
    """Return an outcome without paths and without the policies' reasons."""
    rounds = [{k: v for k, v in one.items() if k != "weights"} for one in found["rounds"]]
    policies = [{k: v for k, v in one.items() if k != "changes"} for one in found["policies"]]
    return {**found, "rounds": rounds, "policies": policies}


def run_all(
    folder: Path,
    cells: Sequence[Cell],
    command: Callable[[Cell | int], list[str]],
    workers: int,
    told: Callable[[str], object],
) -> int:
    """Make the bases, then run the cells that have no file yet, so many side by side.

    `command` gives the arguments for a seed's base or for a cell. Returns how many failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    open_cells = [cell for cell in cells if not cell.file(folder).is_file()]
    told(f"{len(cells) - len(open_cells)} of {len(cells)} cells are there already")
    seeds = list(dict.fromkeys(cell.size.seed for cell in open_cells))
    _side_by_side(folder, seeds, command, workers, told)
    return _side_by_side(folder, open_cells, command, workers, told)


def _side_by_side(
    folder: Path,
    what: Iterable[Cell | int],
    command: Callable[[Cell | int], list[str]],
    workers: int,
    told: Callable[[str], object],
) -> int:
    def one(job: Cell | int) -> int:
        name = f"{job.arm}-{job.size.seed}" if isinstance(job, Cell) else f"base-{job}"
        # More threads than one a process would only wait for each other.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        with (folder / f"{name}.log").open("a") as log:
            arguments = [sys.executable, "-m", __package__, *command(job)]
            status = subprocess.call(arguments, stdout=log, stderr=log, env=environment)
        told(f"{name}: {'done' if status == 0 else f'failed, see {log.name}'}")
        return status

    with ThreadPoolExecutor(workers) as pool:
        return sum(status != 0 for status in pool.map(one, what))


def read_cells(folder: Path) -> list[dict[str, Any]]:
    """Return the outcomes that lie in a folder, in the order of their names."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return [one for one in found if "arm" in one and "tests" in one]
