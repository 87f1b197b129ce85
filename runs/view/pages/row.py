"""One row with its lineage, its edits and what came of it; and a leaf with all that it gave."""

from nicegui import ui

from ...control.again import ask_again
from ..catalog import run_card
from ..draw import bits
from ..draw import rows as draw
from ..draw import taxonomy as draw_taxonomy
from ..draw.markup import h
from ..lineage import Lineage, lineage, produced_by_leaf
from ..policy import growth
from ..rows import NAMES, ONE
from ..source import Source
from ..starting import take_up
from .site import (
    PATIENCE_S,
    Site,
    ask,
    behind,
    button,
    frame,
    nothing,
    objecting,
    opened,
    panel,
    put,
)

_FAILED = "A call failed here. Whoever takes the run up asks it again, and pays for nothing else."
_REFUSED = (
    "A gate said no. Where a model did, it can be asked once more; what it said before is then served no "
    "longer."
)
_NOTED = "Noted: it is asked again as soon as the run is taken up."


def add(site: Site) -> None:
    """Add the pages."""

    @ui.page("/run/{run_id}/row/{id}", response_timeout=PATIENCE_S)
    async def page(run_id: str, id: str) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"{id} of {run_id}", run_id, "rows"):
            await behind(site, source)
            found = await ask(lineage, source, id)
            if found is None:
                nothing(
                    "No such row",
                    f"{id} is not, or not yet, among the rows of this run.",
                    whole=True,
                )
                return
            _shown(run_id, found)
            if found.kind == "reject":
                _asking_again(source, found)

    @ui.page("/run/{run_id}/leaf/{skill}/{leaf}", response_timeout=PATIENCE_S)
    async def of_leaf(run_id: str, skill: str, leaf: str) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"{leaf} of {run_id}", run_id, "taxonomy"):
            put(h("h1", leaf.replace("_", " "), h("small", skill.replace("_", " "))))
            found = await ask(produced_by_leaf, source, skill, leaf)
            if not found:
                nothing("Nothing yet", "No row of this run belongs to this leaf.")
                return
            grown = (await ask(growth, source)).of(skill, leaf)
            panel("By round", draw_taxonomy.rounds(grown))
            where = bits.run_link(run_id, "leaf", skill, leaf, "rounds")
            put(h("p", bits.link("Its instructions, round against round", where)))
            panel("What changed it", draw_taxonomy.changes(grown.changes), note="the last first")
            panel("What it gave", draw.produced(found))
            for kind in ("draft", "battle", "reject"):
                where = bits.run_link(run_id, "rows", kind=kind, skill=skill, leaf=leaf)
                put(h("p", bits.link(f"{NAMES[kind]} of this leaf", where)))


def _shown(run_id: str, found: Lineage) -> None:
    put(h("h1", ONE.get(found.kind, found.kind.capitalize()), h("small", found.id)))
    strip = draw.strip(run_id, found)
    panel("Lineage", strip, note="from the document to the rows; click a bead")
    if found.traces:
        links = [bits.link(f"trace #{n}", bits.run_link(run_id, "trace", n)) for n in found.traces]
        put(h("p", bits.words("Told by", *links)))
    if seed := found.id if found.kind == "seed" else found.fields.get("seed_id", ""):
        where = bits.run_link(run_id, "rounds", seed, other=found.round)
        put(h("p", bits.link("Its document, round by round", where)))
    if found.edits:
        note = "word by word, with what the suggester asked for"
        panel("Edits", draw.edits(found), note=note)
    for name, text in found.trains:
        panel(name.capitalize(), bits.text(text, tall=True))
    if found.produced:
        panel("What came of it", draw.produced(found.produced))
    panel("The row", draw.fields(run_id, found))


def _asking_again(source: Source, found: Lineage) -> None:
    """Put on the page what can be done about a row that was rejected."""

    async def note() -> None:
        with objecting():
            await ask_again(source.folder, [found.id])
            said.set_content(h("p", _NOTED, role="status"))
            up.set_visibility((await ask(run_card, source)).live is None)

    async def resume() -> None:
        with objecting():
            await ask(take_up, source)
            ui.navigate.to(bits.run_link(source.folder.run_id))

    with ui.element("section").classes("panel"):
        put(h("h2", "Ask again"))
        said = put(h("p", _FAILED if found.fields.get("failed") else _REFUSED, class_="soft"))
        with ui.element("div").classes("tools"):
            button("Ask again", note, title="Ask the model about this row again")
            up = button("Take the run up now", resume, title="Resume the run, under its own budget")
    up.set_visibility(False)
