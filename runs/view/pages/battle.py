"""The battle card: read it, and keep or overturn its verdict by keyboard."""

from nicegui import events, ui

from ..card import card, overturn
from ..draw import bits
from ..draw import card as draw
from ..draw import rows as draw_rows
from ..draw.markup import h
from ..lineage import lineage
from ..rows import Wanted, rows
from ..source import Source
from .site import PATIENCE_S, Site, ask, button, frame, nothing, opened, panel, put

_KEYS = {"a": "model_a", "b": "model_b", "t": "tie", "x": ""}
_HINT = (
    ("a", "A is better"),
    ("b", "B is better"),
    ("t", "tie"),
    ("x", "take it back"),
    ("n", "next"),
)


def add(site: Site) -> None:
    """Add the page."""

    @ui.page("/run/{run_id}/battle/{id}", response_timeout=PATIENCE_S)
    async def page(run_id: str, id: str) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        with frame(f"{id} of {run_id}", run_id, "rows"):
            found = await ask(card, source, id)
            if found is None:
                nothing(
                    "No such battle", f"{id} is not, or not yet, a battle of this run.", whole=True
                )
                return
            title = f"{found.a.model} against {found.b.model}"
            about = ", ".join(
                (
                    found.battle.leaf.replace("_", " "),
                    f"round {found.battle.round}",
                    found.battle.purpose,
                )
            )
            put(h("h1", title, h("small", about)))
            verdict = panel("Verdict", draw.verdict(found)).props("aria-live=polite")

            async def vote(word: str) -> None:
                await ask(overturn, source, id, word)
                now = await ask(card, source, id)
                if now is not None:
                    verdict.set_content(bits.panel("Verdict", draw.verdict(now)))
                ui.notify("kept as your label: the audit uses it" if word else "label taken back")

            _votes(run_id, source, id, vote)
            panel("Question", draw.question(found))
            put(draw.answers(found))
            panel("Jurors", draw.jurors(found), note="each in both orders")
            if found.difference:
                shown = h(
                    "details",
                    h("summary", "from answer A to answer B"),
                    bits.differing(found.difference),
                )
                panel("Difference", shown, note=f"{found.longer:+,} characters")
            panel("What it became", draw.becomes(run_id, found))
            if (way := await ask(lineage, source, id)) is not None:
                panel("Lineage", draw_rows.strip(run_id, way))


def _votes(run_id: str, source: Source, id: str, vote: object) -> None:
    async def next_one() -> None:
        here = await ask(_after, source, id)
        ui.navigate.to(bits.run_link(run_id, "battle", here)) if here else ui.notify("the last one")

    async def key(event: events.KeyEventArguments) -> None:
        if not event.action.keydown or event.action.repeat:
            return
        pressed = str(event.key).lower()
        if event.modifiers.ctrl or event.modifiers.meta or event.modifiers.alt:
            return
        if pressed in _KEYS:
            await vote(_KEYS[pressed])  # type: ignore[operator]
        elif pressed == "n":
            await next_one()

    ui.keyboard(on_key=key, ignore=[])
    with ui.element("div").classes("tools"):
        for pressed, said in _HINT:
            act = next_one if pressed == "n" else (lambda p=pressed: vote(_KEYS[p]))  # type: ignore[operator]
            with button(f"{said} ", act):
                put(h("kbd", pressed)).style("display:contents")


def _after(source: Source, id: str) -> str:
    """Return the battle after one, the least agreed of those the jury could not settle first."""
    with source.opened() as connection:
        row = connection.execute("SELECT agreement, seq FROM rows WHERE id = ?", (id,)).fetchone()
    after = (row["agreement"], row["seq"]) if row else None
    found = rows(source, Wanted("battle", sort="agreement", after=after)).rows
    return found[0].id if found else ""
