"""Watching a run: a live view on a terminal, plain lines otherwise."""

import sys
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..agents.models.door import Door

LINE_EVERY_S = 5.0


class View(Protocol):
    """Something that watches a run: a context manager with an event callback."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None: ...

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in."""
        ...


@dataclass
class Stage:
    """One stage of the round under way."""

    name: str
    total: int
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    count: int | None = None
    """Records that came of it, once it is finished."""

    def eta_s(self) -> float | None:
        """Return the seconds left at the rate so far, or None before the first unit."""
        if not self.done or self.count is not None:
            return None
        return (time.monotonic() - self.started) / self.done * max(0, self.total - self.done)


@dataclass
class Progress:
    """What the events have told so far; both views draw from it."""

    run_id: str = ""
    round: int = 0
    rounds: int = 0
    stages: list[Stage] = field(default_factory=list)
    door: Door | None = None
    notice: str = ""
    changes: int = 0
    started: float = field(default_factory=time.monotonic)

    def take(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in."""
        match kind:
            case "run_started":
                self.run_id, self.door = data["run_id"], data["door"]
            case "round_started":
                self.round, self.rounds, self.stages = data["round"], data["rounds"], []
            case "stage_started":
                self.stages.append(Stage(data["stage"], data["total"]))
            case "progress":
                self.stages[-1].done += 1
            case "stage_finished":
                self.stages[-1].count = data["count"]
            case "policy_changed":
                self.changes += 1
            case "notice":
                self.notice = data["text"]

    def line(self) -> str:
        """Return one plain line: where the run is, its rate, what it paid."""
        stage = self.stages[-1] if self.stages else None
        where = f"round {self.round}/{self.rounds} {stage.name}" if stage else "reading seeds"
        units = f" {stage.done}/{stage.total}" if stage else ""
        return f"{where}{units} · {self.calls()}{_eta(stage)}"

    def calls(self) -> str:
        """Return calls, rate, tokens and USD so far."""
        if self.door is None:
            return "no calls yet"
        tally = self.door.tally
        calls = tally.calls()
        rate = calls["paid"] / max(0.001, time.monotonic() - self.started)
        served = f", {calls['served']} from the ledger" if calls["served"] else ""
        failed = f", {calls['failed']} failed" if calls["failed"] else ""
        return (
            f"{calls['paid']} calls ({rate:.0f}/s){served}{failed} · "
            f"{_short(tally.tokens_in)} + {_short(tally.tokens_out)} tokens · {tally.usd:.4f} USD"
        )


def _eta(stage: Stage | None) -> str:
    left = stage.eta_s() if stage else None
    return f" · {_time(left)} left in this stage" if left is not None and left >= 1 else ""


def _short(number: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return str(number)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Lines:
    """Plain lines on standard error: at the start and end of a stage, and every few seconds between."""

    def __init__(self) -> None:
        self._progress = Progress()
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        return None

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in, and print a line where it is time for one."""
        self._progress.take(kind, data)
        now = time.monotonic()
        if kind == "notice":
            self._print(data["text"])
        elif kind == "stage_finished":
            self._print(f"{self._progress.line()} → {data['count']}")
        elif kind == "progress" and now - self._last >= LINE_EVERY_S:
            self._print(self._progress.line())

    def _print(self, text: str) -> None:
        self._last = time.monotonic()
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class LiveView:
    """A table of stages and models, redrawn four times a second."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress()
        self._lock = threading.Lock()
        self._live = Live(
            get_renderable=self._draw, console=console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._live.stop()

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in; the screen follows by itself."""
        with self._lock:
            self._progress.take(kind, data)

    def _draw(self) -> RenderableType:
        with self._lock:
            progress = self._progress
            parts: list[RenderableType] = [
                Text(f"{progress.run_id}  round {progress.round} of {progress.rounds}", "bold"),
                _stages(progress.stages),
                Text(progress.calls()),
            ]
            if progress.door is not None:
                parts.append(_models(progress.door))
            if progress.changes:
                parts.append(Text(f"{progress.changes} policy changes"))
            if progress.notice:
                parts.append(Text(progress.notice, "yellow"))
            return Group(*parts)


def _stages(stages: list[Stage]) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in ("stage", "done", "of", "gave", "left"):
        table.add_column(head, justify="left" if head == "stage" else "right")
    for stage in stages:
        left = stage.eta_s()
        table.add_row(
            stage.name,
            str(stage.done),
            str(stage.total),
            "" if stage.count is None else str(stage.count),
            "" if left is None else _time(left),
        )
    return table


def _models(door: Door) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in ("model", "in flight", "limit", "waiting", "paid", "served", "failed"):
        table.add_column(head, justify="left" if head == "model" else "right")
    for alias, model in door.models.items():
        seen = model.limits.snapshot()
        name = f"{alias} (held back)" if seen.open else alias
        tally = door.tally
        load = (seen.in_flight, seen.limit, seen.waiting)
        table.add_row(
            name,
            *map(str, (*load, tally.paid[alias], tally.served[alias], tally.failed[alias])),
        )
    return table


def view() -> View:
    """Return the live view on a terminal, plain lines otherwise; both write to standard error."""
    console = Console(stderr=True)
    return LiveView(console) if console.is_terminal else Lines()
