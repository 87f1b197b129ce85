"""The manifest: what a run was made with."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from .seeds import SeedSettings, fingerprint

PACKAGES = ("arenainstruct", "autogen-core", "langgraph", "langchain-openai", "pyarrow", "pydantic")


def manifest(seeds: SeedSettings, limit: int | None = None) -> dict[str, object]:
    """Return versions, the code's git revision (empty outside a checkout) and what the seeds were."""
    return {
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "git": _revision(),
        "seeds": {"path": seeds.path, "fingerprint": fingerprint(seeds), "limit": limit},
    }


def _revision() -> str:
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def write_manifest(path: Path, made_with: dict[str, object]) -> None:
    """Write a manifest as JSON."""
    path.write_text(json.dumps(made_with, indent=2) + "\n", encoding="utf-8")


def read_limit(path: Path) -> int | None:
    """Return how many seeds the run was to take at most, as its manifest says."""
    limit: int | None = json.loads(path.read_text(encoding="utf-8"))["seeds"]["limit"]
    return limit
