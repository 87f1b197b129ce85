"""Ratings by round, who beat whom, and how the jurors behave."""

from nicegui import ui

from ...labels import labels
from ..arena import LOOKED_AT, arena
from ..draw import arena as draw
from ..draw import bits
from ..draw.markup import h
from .site import PATIENCE_S, Site, ask, behind, frame, nothing, opened, panel, put


def add(site: Site) -> None:
    """Add the page."""

    @ui.page("/run/{run_id}/arena", response_timeout=PATIENCE_S)
    async def page(run_id: str) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"Arena of {run_id}", run_id, "arena"):
            await behind(site, source)
            found = await ask(arena, source)
            put(h("h1", "Arena"))
            if not found.pairs:
                nothing("No battles yet", "They begin once instructions have passed the gate.")
                return
            for purpose in sorted(found.pairs):
                rated = bits.panel(
                    f"Ratings, {purpose}",
                    draw.ratings(found.ratings, purpose),
                    note="Elo scale, 95 % intervals",
                )
                met = bits.panel(
                    f"Who beat whom, {purpose}",
                    draw.matrix(found, purpose),
                    note="share of wins, a tie counts half",
                )
                put(h("div", rated, met, class_="two"))
            kept = len(labels(source.folder))
            said = (
                f"Verdicts of people that are kept: {kept}. ",
                h("code", f"arenainstruct audit {run_id}"),
                " measures the jurors by them.",
            )
            note = f"of the last {LOOKED_AT:,} battles; 50 % for the first shown is fair"
            panel(
                "Jurors", draw.jurors(run_id, found.jurors), h("p", *said, class_="soft"), note=note
            )
