"""One row with its lineage, its edits and what came of it; and a leaf with all that it gave."""

from nicegui import ui

from ..draw import bits
from ..draw import rows as draw
from ..draw.markup import h
from ..lineage import Lineage, lineage, produced_by_leaf
from ..rows import NAMES
from .site import PATIENCE_S, Site, ask, behind, frame, opened, put


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
                put(
                    bits.nothing(
                        "No such row", f"{id} is not, or not yet, among the rows of this run."
                    )
                )
                return
            _shown(run_id, found)

    @ui.page("/run/{run_id}/leaf/{skill}/{leaf}", response_timeout=PATIENCE_S)
    async def of_leaf(run_id: str, skill: str, leaf: str) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"{leaf} of {run_id}", run_id, "taxonomy"):
            put(h("h1", leaf.replace("_", " "), h("small", skill.replace("_", " "))))
            found = await ask(produced_by_leaf, source, skill, leaf)
            if not found:
                put(bits.nothing("Nothing yet", "No row of this run belongs to this leaf."))
                return
            put(bits.panel("What it gave", draw.produced(found)))
            for kind in ("draft", "battle", "reject"):
                where = bits.run_link(run_id, "rows", kind=kind, skill=skill, leaf=leaf)
                put(h("p", bits.link(f"{NAMES[kind]} of this leaf", where)))


def _shown(run_id: str, found: Lineage) -> None:
    put(h("h1", NAMES.get(found.kind, found.kind), h("small", found.id)))
    strip = draw.strip(run_id, found)
    put(bits.panel("Lineage", strip, note="from the document to the rows; click a bead"))
    if found.traces:
        links = [bits.link(f"trace #{n}", bits.run_link(run_id, "trace", n)) for n in found.traces]
        put(h("p", bits.words("Told by", *links)))
    if found.edits:
        note = "word by word, with what the suggester asked for"
        put(bits.panel("Edits", draw.edits(found), note=note))
    for name, text in found.trains:
        put(bits.panel(name.capitalize(), bits.text(text, tall=True)))
    if found.produced:
        put(bits.panel("What came of it", draw.produced(found.produced)))
    put(bits.panel("The row", draw.fields(run_id, found)))
