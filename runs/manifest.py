"""The manifest: what a run was made with."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ..agents.errors import UserError
from .disk import write_whole
from .seeds import SeedSettings, fingerprint

PACKAGES = ("arenainstruct", "autogen-core", "langgraph", "langchain-openai", "pyarrow", "pydantic")


class SeedsFact(BaseModel):
    """What the seeds were."""

    model_config = ConfigDict(frozen=True)

    path: str
    fingerprint: str
    limit: int | None
    """At most so many are taken."""


class Manifest(BaseModel):
    """Versions, the code's git revision (empty outside a checkout) and what the seeds were."""

    model_config = ConfigDict(frozen=True)

    versions: dict[str, str]
    git: str
    seeds: SeedsFact

    @classmethod
    def of(cls, seeds: SeedSettings, limit: int | None = None) -> "Manifest":
        """Return the manifest of a run that begins now."""
        return cls(
            versions={"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
            git=_revision(),
            seeds=SeedsFact(path=seeds.path, fingerprint=fingerprint(seeds), limit=limit),
        )

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a run's manifest.

        Raises:
            UserError: it is missing or damaged.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            why = str(error).splitlines()[0]
            raise UserError(
                f"{path}: the manifest is missing or damaged ({why}); put a copy of it back"
            ) from error

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        write_whole(path, self.model_dump_json(indent=2) + "\n")


def _revision() -> str:
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
