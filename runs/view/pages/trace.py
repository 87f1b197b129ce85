"""Traces: a list of them, and one played on four panes by a scrubber and by keyboard."""

import asyncio
from typing import Annotated

from fastapi import Path
from nicegui import events, ui

from ..draw import bits
from ..draw import trace as draw
from ..draw.markup import h, join
from ..moment import moment
from ..source import Source
from ..starting import begin_fork
from ..trace import TRACES_PAGE, Trace, trace, trace_graphs, traces
from .site import (
    PATIENCE_S,
    Number,
    Site,
    ask,
    behind,
    button,
    frame,
    nothing,
    objecting,
    opened,
    put,
    select,
)

_FOLLOW = """
const s = document.getElementById('scrub'); if (s) s.value = %d;
requestAnimationFrame(() => {
  const on = document.querySelector('.log .on');
  const pane = on && on.closest('.panel');
  if (pane) pane.scrollTop = on.offsetTop - pane.offsetTop - pane.clientHeight / 2;
});
"""
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def add(site: Site) -> None:
    """Add the pages."""

    @ui.page("/run/{run_id}/traces", response_timeout=PATIENCE_S)
    async def listing(
        run_id: str, graph: str = "", failed: bool = False, after: Number = 0
    ) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"Traces of {run_id}", run_id, "traces"):
            await behind(site, source)
            put(h("h1", "Traces", h("small", "one record's way through a graph each")))
            graphs = await ask(trace_graphs, source)

            def go(**query: object) -> None:
                asked = {"graph": graph, "failed": failed, **query}
                ui.navigate.to(bits.run_link(run_id, "traces", **asked))

            with ui.element("div").classes("tools"):
                names = {"": "every graph", **{g: f"{g} ({n:,})" for g, n in graphs.items()}}
                select("Graph", names, graph, lambda v: go(graph=v))
                only = {"": "whatever came of it", "1": "something failed"}
                select("Failed", only, "1" if failed else "", lambda v: go(failed=v))
            found = await ask(lambda: traces(source, graph=graph, failed=failed, after=after))
            put(h("section", draw.listed(run_id, found), class_="panel"))
            if len(found) == TRACES_PAGE:
                put(
                    bits.link(
                        "Next →",
                        bits.run_link(
                            run_id, "traces", graph=graph, failed=failed or "", after=found[-1].id
                        ),
                    )
                )

    @ui.page("/run/{run_id}/trace/{number}", response_timeout=PATIENCE_S)
    async def page(
        run_id: str, number: Annotated[int, Path(ge=0, le=2**62)], step: Number = 0
    ) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"Trace {number} of {run_id}", run_id, "traces"):
            found = await ask(trace, source, number)
            if found is None or not found.steps:
                nothing(
                    "No such trace",
                    "It is not, or not yet, among the traces of this run.",
                    whole=True,
                )
                return
            player = Player(run_id, source, found, step)
            player.draw()
            await player.show()


class Player:
    """One trace, at one step."""

    def __init__(self, run_id: str, source: Source, trace: Trace, step: int) -> None:
        self.run_id = run_id
        self.source = source
        self.trace = trace
        self.at = min(max(step, 0), len(trace.steps) - 1)
        self.speed = 1.0
        self.skip_idle = True
        self.playing = False
        self.shown = -1

    def draw(self) -> None:
        """Put the scrubber and the panes on the page."""
        head, last = self.trace, len(self.trace.steps) - 1
        about = bits.words(
            bits.link(bits.shortened(head.record), bits.run_link(self.run_id, "row", head.record))
            if head.record
            else None,
            f"round {head.round}",
            head.outcome or "under way",
            bits.clock(head.seconds),
        )
        put(h("h1", f"Trace #{head.id}: {head.graph}", h("small", about)))
        with ui.element("section").classes("panel"):
            self._buttons()
            self.scrub = ui.element("input").classes("scrub")
            self.scrub.props(f'type=range min=0 max={last} step=1 aria-label="Step" id=scrub')
            # `value` would be put back at every change of the page: the first step to be shown sets it.
            self.scrub.on(
                "input",
                lambda e: self.go(int(e.args)),
                throttle=0.04,
                js_handler="(e) => emit(e.target.value)",
            )
            self.said = put(join("")).classes("soft").props("aria-live=polite")
        with ui.element("div").classes("panes"):
            self.graph, self.moment, self.log, self.cost = (
                put(join("")).classes("panel") for _ in range(4)
            )
        for pane, name in (
            (self.graph, "Graph"),
            (self.moment, "State and prompt"),
            (self.log, "Messages"),
            (self.cost, "Cost and time"),
        ):
            pane.props(f'role=region aria-label="{name}" tabindex=0')
        self.log.on(
            "click",
            lambda e: self.go(int(e.args)),
            js_handler="(e) => { const b = e.target.closest('[data-step]'); if (b) emit(b.dataset.step); }",
        )
        ui.keyboard(on_key=self.key, ignore=[])

    def _buttons(self) -> None:
        with ui.element("div").classes("tools"):
            button("|◀", lambda: self.go(0), title="First step (Home)")
            button("◀", lambda: self.go(self.at - 1), title="One step back (left)")
            with button("", self.toggle, title="Play or stop (space)"):
                self.play_label = put(join("▶ Play")).style("display:contents")
            button("▶", lambda: self.go(self.at + 1), title="One step on (right)")
            button("▶|", lambda: self.go(len(self.trace.steps) - 1), title="Last step (End)")
            button(
                "Next turn",
                lambda: self.go(self.trace.seek(self.at, "turn")),
                title="Next turn (t)",
            )
            button(
                "Next trouble",
                lambda: self.go(self.trace.seek(self.at, "trouble")),
                title="Next error or disagreement (e)",
            )
            button(
                "Fork here", self._fork, title="Run again from this step on, with something changed"
            )
            speeds = {str(s): f"{s:g}×" for s in SPEEDS}
            select("Speed", speeds, "1.0", self._set_speed)
            select("Idle time", {"1": "skip idle time", "": "recorded pauses"}, "1", self._set_idle)
            put(
                h(
                    "span",
                    "keys: ",
                    h("kbd", "space"),
                    " ",
                    h("kbd", "←"),
                    " ",
                    h("kbd", "→"),
                    " ",
                    h("kbd", "t"),
                    " ",
                    h("kbd", "e"),
                    " shift: back",
                    class_="soft",
                )
            )

    def _fork(self) -> None:
        """Show the command that forks the run at this step, and start it where it is wanted."""
        step = self.trace.steps[self.at]
        with ui.dialog(value=True) as dialog, ui.element("div").classes("panel"):
            said = (
                f"Everything before {step.id} is served from the ledger. Say what is other, one change a "
                "line: models.teacher.model=gpt-5, or prompt.arena/judge=/path/to/judge.j2."
            )
            put(join(h("h2", "Fork at this step"), h("p", said)))
            changes = (
                ui.textarea(placeholder="a.b=value").props('aria-label="Changes"').classes("wide")
            )
            budget = ui.number("USD that it may cost", min=0).props("dense")

            async def begin() -> None:
                given = tuple(
                    line.strip() for line in (changes.value or "").splitlines() if line.strip()
                )
                if not given:
                    ui.notify("Say at least one change: without one the fork is its parent again")
                    return
                with objecting():
                    run_id = await ask(begin_fork, self.source, step.id, given, budget.value)
                    dialog.close()
                    ui.navigate.to(bits.run_link(run_id))

            with ui.element("div").classes("tools"):
                button("Fork", begin, title="Make the fork and run it")
                button("Close", dialog.close)

    def _set_speed(self, value: str) -> None:
        self.speed = float(value)

    def _set_idle(self, value: str) -> None:
        self.skip_idle = bool(value)

    async def go(self, number: int) -> None:
        """Go to a step."""
        self.at = min(max(number, 0), len(self.trace.steps) - 1)
        await self.show()

    async def toggle(self) -> None:
        """Play, or stop playing."""
        self._says(playing=not self.playing)
        if self.playing and self.at == len(self.trace.steps) - 1:
            self.at = 0
        if self.playing:
            ui.timer(0, self._play, once=True)

    async def _play(self) -> None:
        """Step on in the time that it took, until the end or until stopped."""
        while self.playing and self.at < len(self.trace.steps) - 1:
            pause = self.trace.pause(self.at, skip_idle=self.skip_idle) / self.speed
            await asyncio.sleep(max(0.03, pause))
            if self.playing:
                await self.go(self.at + 1)
        self._says(playing=False)

    def _says(self, *, playing: bool) -> None:
        """Note whether the trace plays, on its button too."""
        self.playing = playing
        self.play_label.set_content(join("■ Stop" if playing else "▶ Play"))

    async def key(self, event: events.KeyEventArguments) -> None:
        """Heed a key."""
        if not event.action.keydown or event.modifiers.ctrl or event.modifiers.meta:
            return
        back, pressed = event.modifiers.shift, str(event.key)
        match pressed.lower():
            case " ":
                await self.toggle()
            case "arrowright":
                await self.go(self.at + (10 if back else 1))
            case "arrowleft":
                await self.go(self.at - (10 if back else 1))
            case "home":
                await self.go(0)
            case "end":
                await self.go(len(self.trace.steps) - 1)
            case "t" | "e":
                what = "turn" if pressed.lower() == "t" else "trouble"
                await self.go(self.trace.seek(self.at, what, back=back))

    async def show(self) -> None:
        """Show the step in every pane."""
        if self.at == self.shown:
            return
        self.shown = number = self.at
        step = self.trace.steps[number]
        found = await ask(moment, self.source, self.trace, number)
        if self.shown != number:
            return  # a later step was asked for meanwhile
        last = len(self.trace.steps) - 1
        self.graph.set_content(
            join(h("h2", "Graph", h("small", "nodes and actors")), draw.graph(self.trace, step))
        )
        self.log.set_content(join(h("h2", "Messages"), draw.log(self.trace, number)))
        self.moment.set_content(join(h("h2", "State and prompt"), draw.moment(self.run_id, found)))
        self.cost.set_content(join(h("h2", "Cost and time"), draw.cost(self.trace, step)))
        self.said.set_content(h("span", f"step {number} of {last}: {step.headline}"))
        here = bits.run_link(self.run_id, "trace", self.trace.id, step=number)
        ui.navigate.history.replace(here)
        ui.run_javascript(_FOLLOW % number)
