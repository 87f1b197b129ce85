"""The runs there are: what each one is, how far it came, what it cost; and which process is at work."""

import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agents.errors import ArenaInstructError, UserError
from ..control.control import LIVE, Live
from ..disk import legible
from ..folder import ARENA, RunFolder
from ..store import STORE_FILE
from .source import Source, alone


@dataclass(frozen=True)
class RunCard:
    """One run at a glance."""

    run_id: str
    status: str
    """`running`, `paused`, `completed`, `stopped: …` or `interrupted`."""
    reason: str
    round: int
    rounds: int
    counts: dict[str, int]
    usd: float
    calls: int
    ratings: tuple[dict[str, Any], ...]
    """Of the last round, best first."""
    changed: float
    """Unix time of the last word of it."""
    parent: str
    """The run it was forked from."""
    live: Live | None
    """While a process is at work on it."""
    arena: bool
    """It is an arena: battles over given prompts, and no rounds."""

    @property
    def kept(self) -> float | None:
        """The share of the written instructions that passed the gate."""
        drafts = self.counts.get("draft", 0)
        return self.counts.get("instruction", 0) / drafts if drafts else None


def find(runs_dir: Path, run_id: str) -> Source:
    """Return a run by its id, which cannot lead out of the runs folder.

    Raises:
        UserError: there is no such run.
    """
    folder = runs_dir / run_id
    inside = "/" not in run_id and "\\" not in run_id and run_id not in ("", ".", "..")
    if inside and run_id in elsewhere(runs_dir):
        raise UserError(
            f"the store of run {run_id!r} is a database, and the viewer reads stores of SQLite alone; its "
            f"dataset, and `ctl {run_id} status`, `calls` and `policy show`, tell of it"
        )
    if (
        not inside
        or not (folder / STORE_FILE).is_file()
        or folder.resolve().parent != runs_dir.resolve()
    ):
        raise UserError(f"there is no run {run_id!r} in the folder {runs_dir.name}")
    return Source(RunFolder(folder))


def elsewhere(runs_dir: Path) -> tuple[str, ...]:
    """Return the runs of a folder whose store is in a database, where the viewer does not look."""
    folders = sorted(runs_dir.glob("*/"))
    return tuple(
        one.name for one in folders if RunFolder(one).has_store and not (one / STORE_FILE).is_file()
    )


def holding(runs_dir: Path, seed: str = "") -> tuple[str, ...]:
    """Return the runs of a folder that took a document in; without one, all that wrote instructions."""
    query = "SELECT 1 FROM records WHERE kind = ? AND (? = '' OR id = ?) LIMIT 1"
    found = []
    for store in sorted(runs_dir.glob(f"*/{STORE_FILE}")):
        # One that is being made, or is damaged, is on the page of runs with its reason.
        with suppress(OSError, UserError, sqlite3.Error), closing(alone(store)) as connection:
            asked = ("seed" if seed else "draft", seed, seed)
            if connection.execute(query, asked).fetchone():
                found.append(store.parent.name)
    return tuple(found)


def listed(runs_dir: Path) -> tuple[tuple[RunCard, ...], dict[str, str]]:
    """Return all runs of a folder that can be shown, the latest first, and why others cannot."""
    found, unreadable = [], {}
    for store in sorted(runs_dir.glob(f"*/{STORE_FILE}")):
        try:
            found.append(run_card(find(runs_dir, store.parent.name)))
        except ArenaInstructError as error:
            if not _being_made(store):
                unreadable[store.parent.name] = str(error)
        except (OSError, ValueError, KeyError):
            continue  # it is being made, or taken away
    return tuple(sorted(found, key=lambda card: -card.changed)), unreadable


def _being_made(store: Path) -> bool:
    """Return whether a store has not all of its tables yet."""
    try:
        with closing(alone(store)) as connection:
            last = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
            return last is None
    except sqlite3.Error:
        return False  # it is damaged


def run_card(source: Source) -> RunCard:
    """Return one run at a glance."""
    result = source.folder.ended()
    told = source.meta(LIVE)
    live = Live.read(told) if told else None
    at_work = live if live is not None and live.at_work else None
    # A run that was killed left no result: what it told last is the best that is known.
    last = live if at_work or not result else None
    reached = last.reached if last else result.get("reached", {})
    arena = bool(source.meta(ARENA))
    paid = result.get("cost", {})
    counts = {} if arena or at_work else result.get("counts", {})
    return RunCard(
        run_id=source.folder.run_id,
        status=_status(at_work, result),
        reason=result.get("reason", "") if not at_work else "",
        round=reached.get("round", 0),
        rounds=reached.get("rounds", 0),
        counts={k: n for k, n in counts.items() if isinstance(n, int)} or _counted(source),
        usd=last.usd if last else result.get("usd", paid.get("usd", 0.0)),
        calls=last.calls if last else result.get("calls_in_all", paid.get("calls", 0)),
        ratings=tuple(result.get("ratings", ()) or _ranked(result)),
        changed=live.at if live and at_work else source.store.stat().st_mtime,
        parent=(source.meta("fork") or {}).get("parent", ""),
        live=at_work,
        arena=arena,
    )


def _status(live: Live | None, result: dict[str, Any]) -> str:
    if live is not None:
        return "stopping" if live.stopping else "paused" if live.paused else "running"
    return str(result.get("status", "interrupted"))


def _counted(source: Source) -> dict[str, int]:
    """Return how many records there are of each kind, of a run that has not summed up."""
    with legible(source.store), closing(alone(source.store)) as connection:
        counts = dict(connection.execute("SELECT kind, count(*) FROM records GROUP BY kind"))
        query = "SELECT count(*) FROM records WHERE kind = 'draft' AND state = 'instruction'"
        (through,) = connection.execute(query).fetchone()
    return {**counts, "instruction": through}


def _ranked(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an arena's ratings as those of a run."""
    return [{**model, "purpose": "selection"} for model in result.get("models", ())]


def ago(then: float) -> str:
    """Return how long ago something was, in words."""
    seconds = max(0.0, time.time() - then)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            n = int(seconds // size)
            return f"{n} {unit}{'s' if n > 1 else ''} ago"
    return "just now"
