"""One run, live: figures, its graphs with what happens in them, its models, and what it can be told."""

from collections.abc import Callable

from nicegui import ui

from ...control.control import Word
from ...control.control import ask as tell
from ..catalog import RunCard, run_card
from ..draw import bits
from ..draw import run as draw
from ..draw.markup import Safe, h
from ..picture import Picture, picture
from ..rows import totals
from ..source import Source
from ..spending import spending
from ..starting import take_up
from .site import PATIENCE_S, Site, ask, behind, button, frame, objecting, opened, panel, put


def add(site: Site) -> None:
    """Add the page."""

    @ui.page("/run/{run_id}", response_timeout=PATIENCE_S)
    async def page(run_id: str) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(run_id, run_id, ""):
            await behind(site, source)
            card = await ask(run_card, source)
            able = _orders(source, card)
            figures = put(draw.figures(card, await ask(totals, source)))
            models = put(draw.models(card.live))
            drawn = await ask(picture, source)
            ring = put(_ring(drawn, card))
            await _spent(source, card)
            inner = panel("Steps", draw.subgraphs(drawn), note="inside the boxes")

            async def look() -> None:
                await site.keeper.fresh(source, 0.0)
                now = await ask(run_card, source)
                seen = await ask(picture, source)
                figures.set_content(draw.figures(now, await ask(totals, source)))
                ring.set_content(_ring(seen, now))
                inner.set_content(
                    bits.panel("Steps", draw.subgraphs(seen), note="inside the boxes")
                )
                models.set_content(draw.models(now.live))
                able(now)

            ui.timer(1.0, look, immediate=False)


def _ring(seen: Picture, card: RunCard) -> Safe:
    if card.arena:
        return Safe("")
    active = str(card.live.reached.get("stage", "")) if card.live else ""
    drawn = draw.ring(seen, active, live=card.live is not None)
    return bits.panel("The supervisor", drawn, note="how often each box ran, and how long in all")


async def _spent(source: Source, card: RunCard) -> None:
    """Put on the page where money and time went, as of now."""
    found = await ask(spending, source)
    panel("By model", draw.by_model(found), note="calls, money and time")
    if not card.arena and any(one.skill for one in found.skills):
        panel("By skill", draw.by_skill(found), note="what each cost")


def _orders(source: Source, card: RunCard) -> Callable[[RunCard], None]:
    """Put the orders on the page that a run can be given.

    Returns:
        What shows, of a run as it is now, those that somebody hears.
    """

    async def order(word: Word | None = None, usd: float | None = None) -> None:
        with objecting():
            await tell(source.folder, word=word, usd=usd)
            told = "told to go on" if word == "go" else f"told to {word}"
            ui.notify(f"budget: {usd:g} USD" if usd is not None else told)

    async def resume() -> None:
        ui.notify("it is being taken up")
        with objecting():
            await ask(take_up, source)

    async def fund(event: object) -> None:
        try:
            usd = float(str(getattr(event, "args", "")))
        except ValueError:
            ui.notify("A budget is a number of USD, such as 12.50", type="warning")
            return
        await order(usd=usd)

    with ui.element("div").classes("tools"):
        put(h("h1", source.folder.run_id)).classes("grow")
        made = [
            button("Pause", lambda: order("pause"), title="Let no request leave"),
            button("Go on", lambda: order("go"), title="Let requests leave again"),
            button(
                "Stop",
                lambda: order("stop"),
                title="Stop cleanly; it can be resumed",
                tone="danger",
            ),
        ]
        up = button("Resume", resume, title="Take the run up where it stopped")
        entry = ui.element("input").classes("plain")
        entry.props(
            'type=number min=0 step=any placeholder="budget, USD" aria-label="Budget in USD"'
        )
        entry.on("keydown.enter", fund, js_handler="(e) => emit(e.target.value)")

    def able(now: RunCard) -> None:
        for one in (*made, entry):
            one.set_visibility(now.live is not None)
        up.set_visibility(now.live is None and now.status != "completed" and not now.arena)

    able(card)
    return able
