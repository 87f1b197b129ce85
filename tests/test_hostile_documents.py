"""Documents that would end, fill or stall the process that reads them: each costs itself only.

The bombs are made here, small; what they open to is never held.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arenainstruct.agents.records import Seed
from arenainstruct.runs.seeds import SeedReject, SeedSettings, process, read_seeds

RIVER = (
    "The Rhine rises in the Swiss Alps and reaches the North Sea after about 1,230 kilometres. "
    "It passes Lake Constance, turns north at Basel, and carries more freight than any other "
    "river of western Europe. Floods in 1993 and 1995 led to new retention basins upstream."
)
LIMITS = {"seconds": 1, "memory_mib": 600, "output_mib": 8}


def read(path: Path, **limits: int) -> tuple[list[str], dict[str, SeedReject]]:
    """Return the names of the seeds and the rejects by their names, read within narrow limits."""
    settings = SeedSettings.model_validate({"path": str(path), "limits": LIMITS | limits})
    found = list(read_seeds(settings))
    return (
        [item.name for item in found if isinstance(item, Seed)],
        {item.name: item for item in found if isinstance(item, SeedReject)},
    )


def test_the_process_that_reads_loads_its_parsers_and_little_else() -> None:
    code = "import arenainstruct.runs.seeds.child, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pydantic", "numpy", "pyarrow", "langgraph", "bs4", "asyncio"} & set(loaded)


def test_the_process_that_reads_is_given_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-told-to-nobody")
    process.close_idle()
    (tmp_path / "a.txt").write_text(RIVER)
    found = read_seeds(SeedSettings(path=str(tmp_path)))
    assert isinstance(next(found), Seed)
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [pid for file in children for pid in file.read_text().split()]
    told = [Path(f"/proc/{pid}/environ").read_bytes() for pid in pids]
    assert told and not any(b"sk-told" in environment for environment in told)
