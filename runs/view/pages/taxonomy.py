"""The taxonomy over the rounds: sunburst, heat map, changes."""

from nicegui import ui

from ..draw import taxonomy as draw
from ..draw.markup import h
from ..policy import growth
from .site import PATIENCE_S, Site, ask, behind, frame, nothing, opened, panel, put, select


def add(site: Site) -> None:
    """Add the page."""

    @ui.page("/run/{run_id}/taxonomy", response_timeout=PATIENCE_S)
    async def page(run_id: str) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"Taxonomy of {run_id}", run_id, "taxonomy"):
            await behind(site, source)
            found = await ask(growth, source)
            put(h("h1", "Taxonomy"))
            with ui.element("div").classes("two"):
                with ui.element("section").classes("panel"):
                    put(
                        h(
                            "h2",
                            "Coverage",
                            h(
                                "small",
                                "size: written; colour: blue kept up, orange lost, grey undecided",
                            ),
                        )
                    )
                    if found.cells:
                        ui.echart(draw.sunburst(found)).style("height:520px; overflow:hidden")
                    else:
                        nothing("Nothing written yet", "The first instructions will show here.")
                with ui.element("section").classes("panel"):
                    put(h("h2", "By round"))
                    with ui.element("div").classes("tools"):
                        select(
                            "Measure",
                            draw.MEASURES,
                            "loss",
                            lambda v: heat.set_content(draw.heat(run_id, found, v)),
                        )
                    heat = put(draw.heat(run_id, found, "loss"))
            panel(
                "Every change of the policy",
                draw.changes(found.changes),
                note="with its rule and numbers, the last first",
            )
