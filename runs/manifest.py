"""The manifest: what a run was made with."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from .seeds import SeedSettings, fingerprint

PACKAGES = ("arenainstruct", "autogen-core", "langgraph", "langchain-openai", "pyarrow", "pydantic")


def manifest(seeds: SeedSettings) -> dict[str, object]:
    """Return versions, the git revision of the code (empty outside a checkout) and the seeds' fingerprint."""
    return {
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "git": _revision(),
        "seeds": {"path": seeds.path, "fingerprint": fingerprint(seeds)},
    }


def _revision() -> str:
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def write_manifest(path: Path, seeds: SeedSettings) -> None:
    """Write the manifest as JSON."""
    path.write_text(json.dumps(manifest(seeds), indent=2) + "\n", encoding="utf-8")
