"""A run at work and whoever watches it: what it tells of itself, and what it is told, through its store.

The run notes every second how it is (`live`) and reads what is asked of it (`control`): so any process
that reaches the store can watch, pause, stop or fund it, and none needs a port of the run's.
"""

import asyncio
import os
import platform
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any, Literal, Self

from ...agents.errors import Halted, UserError
from ..config.config import load_config
from ..folder import ARENA, RunFolder
from ..opening import Opened, refuse_blind_ceiling, stored
from ..result import RunResult
from ..screen.progress import Progress
from ..screen.terminal import program
from ..store import Store
from .interrupt import beside

LIVE, CONTROL = "live", "control"
"""Meta keys of a store."""
LOOK_S = 0.5
"""Seconds between looks at what is asked."""
STALE_S = 10.0
"""A run that told nothing for so long is not at work."""
Word = Literal["go", "pause", "stop"]
_DEAD = ("Z", "X")
"""States of a process that ended and whose parent has not asked for its end."""


def machine() -> str:
    """Return this machine's name, and within it the space in which processes are numbered."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:  # not Linux
        space = ""
    return f"{platform.node()} {space}"


@dataclass(frozen=True)
class Model:
    """One model at this moment."""

    in_flight: int
    limit: int
    waiting: int
    held_back: bool
    """Its endpoint's breaker is open."""
    paid: int
    served: int
    failed: int
    attempts_failed: int


@dataclass(frozen=True)
class Live:
    """How a run is, as it told last."""

    at: float
    """Unix time."""
    pid: int
    """0 once it has ended."""
    paused: bool
    stopping: bool
    reached: dict[str, Any]
    """As that of a result."""
    rate: float
    """Units of the stage per second."""
    left_s: float | None
    """None where nobody can tell: before the first unit, and while it is paused."""
    usd: float
    ceiling: float | None
    calls: int
    models: dict[str, Model]
    machine: str = ""
    """Where the process is: its number says nothing elsewhere."""

    @classmethod
    def read(cls, data: dict[str, Any]) -> Self:
        """Return what `data` says."""
        models = {alias: Model(**model) for alias, model in data["models"].items()}
        return cls(**{**data, "models": models})

    @property
    def at_work(self) -> bool:
        """Whether a process is at work on the run."""
        ago = abs(time.time() - self.at)  # the clock may have gone back
        return bool(self.pid) and ago < STALE_S and not self._killed

    @property
    def _killed(self) -> bool:
        """Whether its process is gone from this machine without a word."""
        if self.machine != machine():
            return False
        try:
            os.kill(self.pid, 0)
            told = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8", errors="replace")
        except ProcessLookupError:
            return True
        except OSError:  # it is another user's, or there is no such file here
            return False
        return told.rpartition(")")[2].split()[0] in _DEAD


@asynccontextmanager
async def attended(folder: RunFolder, opened: Opened, progress: Progress) -> AsyncIterator[None]:
    """Tell how the run is, and heed what it is told, while what is inside goes on."""
    await opened.store.set_meta(CONTROL, {})  # what was asked of an earlier start is past
    try:
        async with beside(_attend(folder, opened, progress)):
            yield
    finally:
        await opened.store.set_meta(LIVE, {**_live(opened, progress), "pid": 0})


async def _attend(folder: RunFolder, opened: Opened, progress: Progress) -> None:
    heeded: dict[str, Any] = {}
    while True:
        asked = await opened.store.get_meta(CONTROL) or {}
        if asked != heeded:
            await _heed(folder, opened, asked)
            heeded = asked
        await opened.store.set_meta(LIVE, _live(opened, progress))
        await asyncio.sleep(LOOK_S)


async def _heed(folder: RunFolder, opened: Opened, asked: dict[str, Any]) -> None:
    """Do what is asked."""
    usd = asked.get("usd")
    if usd is not None and usd != opened.budget.ceiling:
        await opened.budget.move(usd)
        # A resume then has the same ceiling.
        folder.write_config(load_config(folder.config, [f"budget.usd={usd}"]).yaml())
        opened.trace.notice(f"the budget is {usd:g} USD from now on")
    match asked.get("word", "go"):
        case "pause" if not opened.door.gate.paused:
            opened.door.gate.pause()
            opened.trace.notice("paused: no request leaves until the run is told to go on")
        case "go" if opened.door.gate.paused:
            opened.door.gate.go()
            opened.trace.notice("goes on")
        case "stop":
            opened.door.gate.close(Halted())


def _live(opened: Opened, progress: Progress) -> dict[str, Any]:
    door, tally = opened.door, opened.door.tally
    stage = progress.stages[-1] if progress.stages else None
    models = {}
    for alias, model in door.models.items():
        seen = model.limits.snapshot()
        counts = (tally.paid[alias], tally.served[alias], tally.failed[alias])
        limits = (seen.in_flight, seen.limit, seen.waiting, seen.open)
        models[alias] = Model(*limits, *counts, tally.attempts_failed[alias])
    live = Live(
        at=time.time(),
        pid=os.getpid(),
        paused=door.gate.paused,
        stopping=door.gate.closed,
        reached=progress.reached(),
        rate=stage.rate() if stage and stage.done and not door.gate.paused else 0.0,
        left_s=stage.left_s() if stage and not door.gate.paused else None,
        usd=progress.spent + tally.usd,
        ceiling=opened.budget.ceiling,
        calls=tally.calls()["paid"],
        models=models,
        machine=machine(),
    )
    return asdict(live)


async def ask(folder: RunFolder, *, word: Word | None = None, usd: float | None = None) -> Live:
    """Ask something of the run that is at work in a folder; return how it was when it was asked.

    Raises:
        UserError: no process is at work on it, or the budget is none.
    """
    if usd is not None and not 0 < usd < inf:
        raise UserError(f"ctl {folder.run_id} budget: {usd:g} is no budget: USD above 0")
    with stored(folder.store()) as store:
        live = await _at_work(folder, store)
        if usd is not None:
            refuse_blind_ceiling(usd, load_config(folder.config).models)
        asked = await store.get_meta(CONTROL) or {}
        told = {"word": word, "usd": usd}
        asked |= {name: value for name, value in told.items() if value is not None}
        await store.set_meta(CONTROL, asked)
    return live


@dataclass(frozen=True)
class Standing:
    """How a run is, whether a process is at work on it or not."""

    live: Live | None
    """What it told last; None where it never told anything."""
    result: RunResult | None
    """What its last start came to, where that came to an end."""
    at_work: bool
    """Whether a process is at work on it."""

    @property
    def status(self) -> str:
        """What it is in a word or two: that of its result, where it has one."""
        if self.live is None:
            return "begun"
        if self.at_work:
            return "paused" if self.live.paused else "at work"
        if self.live.pid:
            return "killed"
        return self.result.status if self.result else "ended"

    def data(self) -> dict[str, Any]:
        """Return it as plain data: a run that ended has its result, any other what it told last."""
        if self.result and not self.at_work:
            return self.result.data()
        return {**(asdict(self.live) if self.live else {}), "status": self.status}


async def standing(folder: RunFolder) -> Standing:
    """Return how a run is.

    Raises:
        UserError: it is an arena's, which tells nothing of how it is.
    """
    with stored(folder.store()) as store:
        return await _standing(folder, store)


async def _standing(folder: RunFolder, store: Store) -> Standing:
    if await store.get_meta(ARENA):
        raise UserError(
            f"ctl {folder.run_id}: it is an arena's run, which is not steered from outside: stop it by "
            "Ctrl-C; the command that began it goes on with it"
        )
    live = await _told_last(store)
    at_work = live is not None and live.at_work
    if not at_work:
        live = await _told_last(store)  # it may have told its end while it was looked for
    # One that was killed has told no end: what its result says is of an earlier start.
    result = None if at_work or live is None or live.pid else _result(folder)
    return Standing(live, result, at_work)


async def _told_last(store: Store) -> Live | None:
    data = await store.get_meta(LIVE)
    return Live.read(data) if data else None


def _result(folder: RunFolder) -> RunResult | None:
    try:
        return RunResult(**told) if (told := folder.ended()) else None
    except TypeError:  # edited by hand, or of another release
        return None


async def _at_work(folder: RunFolder, store: Store) -> Live:
    found = await _standing(folder, store)
    if found.live is not None and found.at_work:
        return found.live
    ended = found.result
    how = f"it is completed, {rounds(ended)}, and " if ended and ended.completed else ""
    raise UserError(
        f"ctl {folder.run_id}: {how}no process is at work on it; {next_move(folder, found)}"
    )


def next_move(folder: RunFolder, found: Standing) -> str:
    """Return what can be done with a run that no process is at work on."""
    resume = f"{program()} resume {folder.path}"
    if found.status == "completed":
        return f"for further rounds: `{resume} --set rounds=<more>`"
    if found.status.startswith("failed"):
        return "it made nothing: change the documents or the config, and start another run"
    hint = (
        ", with another ceiling by --set budget.usd=<USD>"
        if found.live and found.live.ceiling
        else ""
    )
    return f"take it up with `{resume}`{hint}"


def rounds(result: RunResult) -> str:
    """Return how far a completed run went; a start that found nothing left to do does not say."""
    reached = result.reached
    return f"{reached['round']} of {reached['rounds']} rounds" if reached else "all of its rounds"
