"""All runs, and two of them side by side."""

from functools import partial

from nicegui import ui

from ..catalog import elsewhere, listed
from ..compare import compare
from ..draw import bits
from ..draw import runs as draw
from ..draw.markup import h
from .site import PATIENCE_S, Site, ask, button, frame, opened, put, select


def add(site: Site) -> None:
    """Add the page."""

    @ui.page("/", response_timeout=PATIENCE_S)
    async def page() -> None:
        cards, unreadable = await ask(listed, site.runs_dir)
        with frame("Runs"):
            put(h("h1", "Runs", h("small", site.runs_dir.name, title=str(site.runs_dir))))
            table = put(draw.runs(cards, str(site.runs_dir)))
            broken = put(draw.unreadable(unreadable))
            if others := await ask(elsewhere, site.runs_dir):
                said = "Kept in a database, which this viewer does not read: "
                put(h("p", said, ", ".join(others), class_="soft"))
            if len(cards) > 1:
                _compare(site, [card.run_id for card in cards])

            async def look() -> None:
                cards, unreadable = await ask(listed, site.runs_dir)
                table.set_content(draw.runs(cards, str(site.runs_dir)))
                broken.set_content(draw.unreadable(unreadable))

            ui.timer(2.0, look, immediate=False)

    @ui.page("/run/{run_id}/diff/{other}", response_timeout=PATIENCE_S)
    async def differing(run_id: str, other: str) -> None:
        one = await opened(site, run_id)
        two = await opened(site, other) if one is not None else None
        if one is None or two is None:
            return
        with frame(f"{run_id} and {other}", run_id, None):
            put(h("h1", "What differs", h("small", f"{run_id} and {other}")))
            put(draw.differing(await ask(compare, one, two)))


def _compare(site: Site, names: list[str]) -> None:
    chosen = {"one": names[1], "other": names[0]}

    def side_by_side() -> None:
        ui.navigate.to(bits.run_link(chosen["one"], "diff", chosen["other"]))

    async def show() -> None:
        cards = {card.run_id: card for card in (await ask(listed, site.runs_dir))[0]}
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
            button("Record by record", side_by_side, title="What differs, record by record")
        place = put(h("p", "Choose two runs."))
    ui.timer(0.05, show, once=True)
