"""Memory stays flat: seeds stream in, records stream out, nothing is kept of what is done."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from arenainstruct.runs.bench.calls import server, write_seeds

LOG = logging.getLogger(__name__)
FEW, MANY = 1_000, 10_000
CHILD = """
import json, sys, time
from pathlib import Path
from arenainstruct.runs import launch
from arenainstruct.runs.bench.calls import config

url, seeds, runs, run_id = sys.argv[1:]
started = time.monotonic()
settings = config(
    url,
    Path(seeds),
    per_seed={"passages": 1, "instructions": 1, "refinements": 0},
    cast={"default": "teacher", "target": "target", "contenders": ["other"], "jury": ["juror-one"]},
    arena={"battles_per_instruction": 1},
)
result = launch(settings, runs_dir=runs, run_id=run_id)
peak = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM"))
print(json.dumps({"peak_mb": int(peak.split()[1]) / 1024, "s": time.monotonic() - started,
                  "status": result.status, "counts": result.counts, "calls": result.calls}))
"""
"""Prints the peak of this process alone: `ru_maxrss` would start from what its parent had."""


def peak_mb(url: str, folder: Path, count: int) -> float:
    """Return the peak memory of a run over so many short documents, in a process of its own."""
    seeds = folder / f"seeds-{count}.jsonl"
    write_seeds(seeds, count)
    command = [sys.executable, "-c", CHILD, url, str(seeds), str(folder), f"run-{count}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["status"] == "completed" and found["counts"]["seed"] == count
    assert found["counts"]["battle"] > count / 2
    LOG.info("%d seeds: %.0f MB, %.0f s, %s", count, found["peak_mb"], found["s"], found["calls"])
    peak: float = found["peak_mb"]
    return peak


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_ten_times_the_seeds_need_no_more_memory(tmp_path: Path) -> None:
    with server("--latency-ms", "2", "--tokens", "150") as url:
        few, many = (peak_mb(url, tmp_path, count) for count in (FEW, MANY))
    assert many <= 1.15 * few, f"{few:.0f} MB for {FEW} seeds, {many:.0f} MB for {MANY}"
