"""How far a run is: what its events have told so far. The views draw from it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...agents.models.door import Door
from ...graphs.stages import find_stage

WINDOW_S = 15.0
"""Rates are those of the last seconds, so that they follow what happens."""


@dataclass
class Pace:
    """Units per second, over the last `WINDOW_S` seconds."""

    _seen: deque[tuple[float, float]] = field(default_factory=deque)

    def per_second(self, units: float) -> float:
        """Take in the count so far and return the pace."""
        now = time.monotonic()
        self._seen.append((now, units))
        while len(self._seen) > 2 and now - self._seen[1][0] > WINDOW_S:
            self._seen.popleft()
        then, before = self._seen[0]
        return (units - before) / (now - then) if now - then > 0.2 else 0.0


@dataclass
class Stage:
    """One stage of the round under way."""

    name: str
    total: int
    clock: Callable[[], float]
    """Tells seconds, and stands still while the run is paused."""
    done: int = 0
    seconds: float | None = None
    """How long it took, once it is finished."""
    gave: str = ""
    """What came of it, once it is finished."""

    def __post_init__(self) -> None:
        self._started = self.clock()

    def finish(self, count: int) -> None:
        """Note the end of the stage and the records that came of it."""
        self.seconds = self.took_s()
        self.gave = f"{count} {find_stage(self.name).gives}".strip()

    def took_s(self) -> float:
        """Return how long it took, or has been going."""
        return self.clock() - self._started if self.seconds is None else self.seconds

    def rate(self) -> float:
        """Return units per second since the stage began."""
        return self.done / max(0.001, self.took_s())

    def left_s(self) -> float | None:
        """Return the seconds left at the rate so far; None before the first unit and after the last."""
        if not self.done or self.seconds is not None:
            return None
        return max(0, self.total - self.done) / self.rate()


@dataclass
class Progress:
    """What the events have told so far."""

    run_id: str = ""
    round: int = 0
    rounds: int = 0
    stages: list[Stage] = field(default_factory=list)
    door: Door | None = None
    ceiling: float | None = None
    """USD over all starts of the run."""
    spent: float = 0.0
    """USD of earlier starts."""
    changes: int = 0
    seeds: int = 0
    """Read so far."""
    started: float = field(default_factory=time.monotonic)
    _pace: Pace = field(default_factory=Pace)

    def take(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in."""
        match kind:
            case "run_started":
                self.run_id, self.door = data["run_id"], data["door"]
                self.ceiling, self.spent = data.get("ceiling"), data.get("spent", 0.0)
            case "reading":
                self.seeds = data["seeds"]
            case "round_started" | "round_resumed":
                self.round, self.rounds, self.stages = data["round"], data["rounds"], []
            case "stage_started":
                self.stages.append(Stage(data["stage"], data["total"], self._at_work_s))
            case "progress" if self.stages:
                self.stages[-1].done += 1
            case "stage_finished" if self.stages:
                self.stages[-1].finish(data["count"])
            case "policy_changed":
                self.changes += 1

    def _at_work_s(self) -> float:
        return time.monotonic() - (self.door.gate.held_s if self.door else 0.0)

    def and_then(self, listen: Callable[[str, dict[str, Any]], None] | None) -> Callable[..., None]:
        """Return a listener that takes every event in, and tells whoever listens besides."""

        def hear(kind: str, data: dict[str, Any]) -> None:
            self.take(kind, data)
            if listen is not None:
                listen(kind, data)

        return hear

    def reached(self) -> dict[str, Any]:
        """Return where the run is, as plain data; empty before the first round."""
        if not self.round:
            return {}
        where = {"round": self.round, "rounds": self.rounds}
        if not self.stages:
            return where
        stage = self.stages[-1]
        units = find_stage(stage.name).takes
        return {**where, "stage": stage.name, "done": stage.done, "of": stage.total, "units": units}

    def head(self) -> str:
        """Return the run, its round and how long it has been going."""
        where = f"round {self.round} of {self.rounds}"
        if not self.round:
            where = f"reading the seeds: {self.seeds:,} so far"
        paused = "  paused" if self.door and self.door.gate.paused else ""
        return f"{self.run_id}  {where}  {clock(time.monotonic() - self.started)}{paused}"

    def line(self) -> str:
        """Return one plain line: where the run is, its rate, what it paid."""
        if not self.stages:
            return self.head()
        stage = self.stages[-1]
        gave = f" → {stage.gave}" if stage.gave else ""
        left = stage.left_s()
        eta = f" · {clock(left)} left in this stage" if left is not None and left >= 1 else ""
        where = f"round {self.round}/{self.rounds} {stage.name} {stage.done}/{stage.total}"
        return f"{where}{gave} · {self.calls()}{eta}"

    def calls(self) -> str:
        """Return calls, their rate, tokens and USD so far."""
        if self.door is None:
            return "no calls yet"
        tally = self.door.tally
        calls = tally.calls()
        rate = self._pace.per_second(calls["paid"])
        per_second = f" ({rate:.0f}/s)" if rate >= 1 else ""
        served = f", {calls['served']} from the ledger" if calls["served"] else ""
        failed = f", {calls['failed']} failed" if calls["failed"] else ""
        usd = f"{self.spent + tally.usd:.4f}"
        ceiling = f" of {self.ceiling:g}" if self.ceiling is not None else ""
        starts = " in all starts" if self.spent else ""
        return (
            f"{calls['paid']} calls{per_second}{served}{failed} · "
            f"{short(tally.tokens_in)} + {short(tally.tokens_out)} tokens · {usd}{ceiling} USD{starts}"
        )


def short(number: int) -> str:
    """Return a number in four or five characters."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return str(number)


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
