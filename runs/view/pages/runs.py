"""All runs, and two of them side by side."""

from functools import partial

from nicegui import ui

from ..catalog import catalog
from ..draw import runs as draw
from ..draw.markup import h
from .site import Site, ask, frame, put, select


def add(site: Site) -> None:
    """Add the page."""

    @ui.page("/")
    async def page() -> None:
        cards = await ask(catalog, site.runs_dir)
        with frame("Runs"):
            put(h("h1", "Runs", h("small", str(site.runs_dir))))
            table = put(draw.runs(cards, str(site.runs_dir)))
            if len(cards) > 1:
                _compare(site, [card.run_id for card in cards])

            async def look() -> None:
                table.set_content(draw.runs(await ask(catalog, site.runs_dir), str(site.runs_dir)))

            ui.timer(2.0, look, immediate=False)


def _compare(site: Site, names: list[str]) -> None:
    chosen = {"one": names[1], "other": names[0]}

    async def show() -> None:
        cards = {card.run_id: card for card in await ask(catalog, site.runs_dir)}
        pair = [cards[name] for name in chosen.values() if name in cards]
        if len(pair) == 2:
            place.set_content(draw.compared(*pair))

    async def choose(which: str, name: str) -> None:
        chosen[which] = name
        await show()

    with ui.element("section").classes("panel"):
        put(h("h2", "Compare two"))
        with ui.element("div").classes("tools"):
            for which in chosen:
                options = {name: name for name in names}
                select(f"Run {which}", options, chosen[which], partial(choose, which))
        place = put(h("p", "Choose two runs."))
    ui.timer(0.05, show, once=True)
