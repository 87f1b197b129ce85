"""A run's folder: where each of its files lies."""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..agents.errors import UserError
from .config.store_url import without_password
from .disk import ADDRESS, kept_in, write_whole
from .screen.terminal import program
from .store import STORE_FILE, Place, holds_store
from .store.dialect import RESTORE

RUNS = Path("runs")
PART = "store.part"
"""A store that is still being copied together: it gets its name when it is whole."""
_FIRST = {"config.yaml", "lock", "manifest.json", ".config.yaml.part", ".manifest.json.part"}
_FIRST |= {f".{ADDRESS}.part", *(PART + end for end in ("", "-wal", "-shm"))}
"""What a start that died before it made its store may leave behind."""
_RESULT = {"status": str, "reason": str, "counts": dict, "reached": dict, "ratings": list}
"""What a result says where it says it, and as what: one that was edited by hand is none."""
CHECKPOINTS = "checkpoints"
"""A run's folder of the weights that it trained: one folder a version."""
ARENA = "arena"
"""Meta key of a store that `arenainstruct arena` wrote; its value tells how its battles are judged."""
_ID = re.compile(r"[A-Za-z0-9_.]+(-[A-Za-z0-9_.]+)+\Z")


@dataclass(frozen=True)
class RunFolder:
    """`runs/<run-id>/` and the names inside it."""

    path: Path

    @property
    def run_id(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The resolved config."""
        return self.path / "config.yaml"

    @property
    def manifest(self) -> Path:
        """Versions, git revision and the seeds' fingerprint."""
        return self.path / "manifest.json"

    @property
    def result(self) -> Path:
        """The last start's result."""
        return self.path / "result.json"

    def ended(self) -> dict[str, Any]:
        """Return what the last start that came to an end made, as data; nothing where none can be read."""
        try:
            found = json.loads(self.result.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        fit = all(isinstance(found.get(name, kind()), kind) for name, kind in _RESULT.items())
        return found if fit else {}

    @property
    def has_store(self) -> bool:
        """Whether this is a run: its store is a file here, or a file here says where it is."""
        return any((self.path / name).is_file() for name in (STORE_FILE, ADDRESS))

    def store(self, address: str | None = None) -> Place:
        """Return where ledger, records and events are.

        `address` is what the config says; without one, what the folder says.

        Raises:
            UserError: the run has a store elsewhere, the address cannot be used, or the store lost all it
                held, which nobody could tell once it was opened.
        """
        self._refuse_emptied()
        kept = self.path / ADDRESS
        if not (self.path / STORE_FILE).is_file() and (address or kept.is_file()):
            return Place.of(address or kept.read_text(encoding="utf-8").strip(), self.run_id)
        if address:
            raise UserError(
                f"execution.store: the store of run {self.run_id!r} is {self.path / STORE_FILE}, and "
                "stays there; start another run for a store that is shared"
            )
        return Place.of(self.path / STORE_FILE)

    def _refuse_emptied(self) -> None:
        """Refuse a store that lost all it held: going on with it would pay for everything again."""
        later = {entry.name for entry in self.path.iterdir()} - _FIRST - {STORE_FILE}
        store = self.path / STORE_FILE
        if later and store.is_file() and not store.stat().st_size:
            raise UserError(
                f"{store}: is empty (0 bytes), though the run had begun: put a copy of it back, or "
                "start a new run, which pays for every call again"
            )

    def point_to(self, address: str | None) -> Place:
        """Note where the store is, where that is not in the folder; return it."""
        place = self.store(address)
        if address:
            write_whole(self.path / ADDRESS, without_password(address) + "\n")
        return place

    @property
    def dataset(self) -> Path:
        """What the run is for."""
        return self.path / "dataset"

    def write_config(self, text: str) -> None:
        """Write the resolved config; a kill leaves the old one or the new one, never half of it."""
        write_whole(self.config, text)

    @contextmanager
    def locked(self, again: str = "") -> Iterator[None]:
        """Keep the run for this process; a killed one gives it back by itself.

        What goes wrong with the run's files meanwhile is classified; `again` tells how to go on.

        Raises:
            UserError: another process is at work on the run, or one of its files is damaged.
            StopRun: its files cannot be written.
        """
        # What is no file, a pipe say, is not waited for.
        flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK
        with (
            kept_in(self.path, again),
            open(
                self.path / "lock", "w", opener=lambda path, _: os.open(path, flags, 0o666)
            ) as lock,
        ):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(
                    f"run {self.run_id!r} is in use by another process: wait for it, or stop it"
                ) from error
            yield

    @classmethod
    def create(cls, runs_dir: Path, run_id: str | None, address: str | None = None) -> "RunFolder":
        """Make a new run's folder; `address` is that of its store, where that is shared.

        Raises:
            UserError: the id is not usable, there is such a run already, no folder can be made, or the
                store cannot be reached.
        """
        now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = run_id or f"{now}-{secrets.token_hex(2)}"
        refuse_odd_id(name)
        path = runs_dir / name
        try:
            if cls(path).has_store:
                raise UserError(f"run {name!r} exists: take it up with `{program()} resume {path}`")
            if address and holds_store(place := Place.of(address, name)):
                raise UserError(
                    f"run {name!r} exists on {place.text}: take it up where its folder is, or choose "
                    "another --run-id"
                )
            runs_dir.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)  # documents and replies are the user's own
            strange = {entry.name for entry in path.iterdir()} - _FIRST
        except OSError as error:
            raise UserError(
                f"--runs-dir {runs_dir}: no folder {path} can be made there: {error.strerror}"
            ) from error
        if strange:
            raise UserError(f"{path} exists and is no run: choose another --run-id")
        return cls(path)

    def _refuse_odd(self) -> None:
        """Refuse a run with something else in the place of a file: a pipe would be waited for."""
        for path in (self.config, self.manifest, self.path / "checkpoints.sqlite"):
            if path.exists() and not path.is_file():
                raise UserError(f"{path}: is no file; put a copy of the run's own in its place")

    def _storeless(self) -> str:
        """Return what to do about a run that has no store, in words."""
        lost = f"run {self.run_id!r} has no {self.path / STORE_FILE}: "
        if {entry.name for entry in self.path.iterdir()} - _FIRST:
            return lost + f"{RESTORE}, which pays for every call again"
        return lost + "it ended before it began, and nothing was paid; start it again"

    def remove(self) -> None:
        """Remove a run of which nothing was made, so that its name is free again."""
        shutil.rmtree(self.path)

    @classmethod
    def find(cls, run: str, runs_dir: Path = RUNS) -> "RunFolder":
        """Return an existing run's folder by its path or its id.

        Raises:
            UserError: there is none, or one of its files is lost; names the runs that are there.
        """
        folders = [cls(Path(run)), cls(runs_dir / run)]
        for folder in folders:
            if folder.has_store:
                folder._refuse_odd()
                folder._refuse_emptied()
                return folder
        for folder in folders:
            if folder.manifest.exists():
                raise UserError(folder._storeless())
        known = sorted(path.name for path in runs_dir.glob("*") if cls(path).has_store)
        raise UserError(
            f"no run {run!r} here or in {runs_dir}/; runs: {', '.join(known) or 'none'}"
        )


def refuse_odd_id(run_id: str | None) -> None:
    """Refuse a run id that could not be told from a package's folder.

    Raises:
        UserError: the id is not usable.
    """
    if run_id and not _ID.match(run_id):
        raise UserError(
            f"--run-id {run_id!r}: letters, digits, dots and underscores, with at least one hyphen "
            f"(package folders never hold one); try {_usable(run_id)}"
        )


def _usable(name: str) -> str:
    """Return an id like the one that was asked for."""
    return (re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-") or "run") + "-1"
