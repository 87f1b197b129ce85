"""One document, or one leaf, in two rounds: of one run, or of a run and another that has it too."""

from nicegui import ui

from ..catalog import holding
from ..draw import bits
from ..draw import rounds as draw
from ..draw.markup import h
from ..draw.taxonomy import changes
from ..rounds import MOST, Subject, retold, rounds_of
from .site import PATIENCE_S, Number, Site, ask, behind, frame, nothing, opened, panel, put, select


def add(site: Site) -> None:
    """Add the pages."""

    @ui.page("/run/{run_id}/rounds/{seed}", response_timeout=PATIENCE_S)
    async def of_seed(
        run_id: str, seed: str, one: Number = 0, other: Number = 0, against: str = ""
    ) -> None:
        await _page(site, run_id, Subject(seed=seed), (one, other, against))

    @ui.page("/run/{run_id}/leaf/{skill}/{leaf}/rounds", response_timeout=PATIENCE_S)
    async def of_leaf(
        run_id: str, skill: str, leaf: str, one: Number = 0, other: Number = 0, against: str = ""
    ) -> None:
        await _page(site, run_id, Subject(skill=skill, leaf=leaf), (one, other, against))


async def _page(site: Site, run_id: str, subject: Subject, wanted: tuple[int, int, str]) -> None:
    source = await opened(site, run_id)
    if source is None:
        return
    one, other, against = wanted
    beside = await opened(site, against) if against else source
    if beside is None:
        return
    with frame(f"Rounds of {subject.seed or subject.leaf} in {run_id}", run_id, "rows"):
        await behind(site, source)
        own, theirs = await ask(rounds_of, source, subject), await ask(rounds_of, beside, subject)
        if not own or not theirs:
            where = run_id if not own else against
            said = f"No instruction of it was written in {where}, or not yet."
            nothing("No rounds to compare", said, whole=True)
            return
        other = other if other in theirs else theirs[-1]
        before = [round for round in own if round < other] or [own[0]]
        one = one if one in own else own[-1] if against else before[-1]
        found = await ask(retold, (source, beside), (one, other), subject)
        put(h("h1", found.name, h("small", " and ".join(draw.titles(found)))))
        await _choices(site, run_id, subject, (own, theirs), (one, other, against))
        panel("Both rounds", draw.glance(found), note="what came of it for the target")
        if found.changes:
            title = "What the policy changed in between"
            panel(title, changes(found.changes), note="of all leaves")
        put(draw.turns(found))
        if max(found.one.written, found.other.written) > MOST:
            put(h("p", f"The first {MOST} instructions of each round are shown.", class_="soft"))


async def _choices(
    site: Site,
    run_id: str,
    subject: Subject,
    known: tuple[tuple[int, ...], tuple[int, ...]],
    shown: tuple[int, int, str],
) -> None:
    """Put on the page which two rounds are shown, and of which run the other one is."""
    one, other, against = shown
    leaf = ("leaf", subject.skill, subject.leaf, "rounds")
    way = ("rounds", subject.seed) if subject.seed else leaf

    def go(**wanted: object) -> None:
        asked = {"one": one, "other": other, "against": against, **wanted}
        ui.navigate.to(bits.run_link(run_id, *way, **asked))

    others = [run for run in await ask(holding, site.runs_dir, subject.seed) if run != run_id]
    first, second = ({str(n): f"round {n}" for n in rounds} for rounds in known)
    with ui.element("div").classes("tools"):
        select("The first round", first, str(one), lambda v: go(one=v))
        put(h("span", "beside"))
        select("The other round", second, str(other), lambda v: go(other=v))
        if others:
            runs = {"": "of this run", **{run: f"of {run}" for run in others}}
            select("Run of the other round", runs, against, lambda v: go(against=v, other=0))
