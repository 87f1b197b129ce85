"""Watching a run: a live view on a terminal, plain lines otherwise; both on standard error."""

import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ...agents.models.door import Door
from ...agents.models.settings import EndpointSettings
from ..report import gate_line
from .progress import Progress, Stage, clock
from .terminal import aside, plain

LINE_EVERY_S = 5.0


class View(AbstractContextManager["View"]):
    """Something that watches a run: a context manager with an event callback."""

    def __init__(self) -> None:
        self.progress = Progress()

    def __exit__(self, *ended: object) -> None:
        """Leave the screen as it is to stay."""

    @abstractmethod
    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in."""


class Lines(View):
    """Plain lines: at the start, at the end of each stage and round, and every few seconds between."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in, and print a line where it is time for one."""
        self.progress.take(kind, data)
        if (text := self._news(kind, data)) is not None:
            self._last = time.monotonic()
            aside(text)

    def _news(self, kind: str, data: dict[str, Any]) -> str | None:
        if (said := told(kind, data)) is not None:
            return said
        if kind == "run_started":
            return f"run {data['run_id']}"
        if kind == "round_resumed":
            return f"round {data['round']}/{data['rounds']} goes on with its stage {data['stage']}"
        if kind == "stage_finished":
            return self.progress.line()
        if kind == "round_finished" and self.progress.changes:
            return f"round {data['round']}: {self.progress.changes} policy changes so far"
        if kind in ("progress", "reading") and time.monotonic() - self._last >= LINE_EVERY_S:
            return self.progress.line()
        return None


def told(kind: str, data: Mapping[str, Any]) -> str | None:
    """Return what every view tells in words, None for any other event."""
    match kind:
        case "notice":
            return str(data["text"])
        case "trained" if data["trained"]:
            return f"round {data['round']}: {data['reason']}"
        case "gated" if data["candidate"]:
            return gate_line(data)
    return None


class LiveView(View):
    """Tables of stages and models, redrawn four times a second and gone at the end."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._live = Live(
            get_renderable=self._draw, console=console, refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._live.stop()

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take an event in; the screen follows by itself. Notices stay on it."""
        with self._lock:
            self.progress.take(kind, data)
        if (said := told(kind, data)) is not None:
            self._live.console.print(Text(plain(said), "yellow"))

    def _draw(self) -> RenderableType:
        with self._lock:
            progress = self.progress
            parts: list[RenderableType] = [Text(progress.head(), "bold")]
            if progress.stages:
                parts.append(_stages(progress.stages))
            if progress.door is not None:
                parts += [Text(progress.calls()), _models(progress.door)]
            if progress.changes:
                parts.append(Text(f"{progress.changes} policy changes"))
            return Group(*parts)


def _stages(stages: list[Stage]) -> Table:
    table = _table("stage", "done", "of", "rate", "time", "left", "")
    table.columns[-1].justify = "left"
    for stage in stages:
        left = stage.left_s()
        table.add_row(
            stage.name,
            str(stage.done),
            str(stage.total),
            f"{stage.rate():.1f}/s" if stage.done else "",
            clock(stage.took_s()),
            "" if left is None else clock(left),
            stage.gave,
        )
    return table


def _models(door: Door) -> Table:
    table = _table("model", "in flight", "at most", "waiting", "paid", "served", "failed")
    for alias, model in door.models.items():
        seen, tally = model.limits.snapshot(), door.tally
        served = isinstance(model.settings, EndpointSettings)
        table.add_row(
            Text(f"{alias} (held back)", "yellow") if seen.open else alias,
            str(seen.in_flight) if served else "",
            str(seen.limit) if served else "",
            str(seen.waiting) if served else "",
            *map(str, (tally.paid[alias], tally.served[alias], tally.failed[alias])),
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, min_width=12, overflow="ellipsis", no_wrap=True)
    for head in others:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def view() -> View:
    """Return the live view on a terminal that can move its cursor, plain lines otherwise."""
    console = Console(stderr=True)
    lively = console.is_terminal and not console.is_dumb_terminal
    return LiveView(console) if lively else Lines()
