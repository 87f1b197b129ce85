"""Rows: filter, sort and page through everything a run made."""

from dataclasses import replace
from math import isfinite

from nicegui import ui

from ..draw import bits
from ..draw import rows as draw
from ..draw.markup import h, join
from ..rows import KINDS, NAMES, SORTS, Facets, Wanted, facets, following, rows
from .site import PATIENCE_S, Number, Site, ask, behind, button, frame, opened, put, select

_KEPT = (*("kind", "skill", "leaf", "outcome", "round", "disputed", "juror", "text"), "descending")
"""What an address says of the rows that are wanted, as it is."""


def add(site: Site) -> None:
    """Add the page."""

    @ui.page("/run/{run_id}/rows", response_timeout=PATIENCE_S)
    async def page(
        run_id: str,
        kind: str = "draft",
        skill: str = "",
        leaf: str = "",
        outcome: str = "",
        text: str = "",
        round: Number = 0,
        disputed: bool = False,
        juror: str = "",
        sort: str = "seq",
        descending: bool = False,
        after: str = "",
    ) -> None:
        source = await opened(site, run_id)
        if source is None:
            return
        wanted = Wanted(
            kind=kind if kind in KINDS else "draft",
            skill=skill,
            leaf=leaf,
            outcome=outcome,
            round=round,
            disputed=disputed,
            juror=juror,
            text=text,
            sort=sort if sort in SORTS else "seq",
            descending=descending,
            after=_place(after),
        )
        with frame(f"Rows of {run_id}", run_id, "rows"):
            await behind(site, source)
            put(h("h1", "Rows", h("small", "everything that the run made")))
            listing = Listing(run_id, source, wanted)
            await listing.draw()


class Listing:
    """The filters on a page, and the rows they leave."""

    def __init__(self, run_id: str, source: object, wanted: Wanted) -> None:
        self.run_id = run_id
        self.source = source
        self.wanted = wanted
        self.behind: list[Wanted] = []

    async def draw(self) -> None:
        """Put filters and rows on the page."""
        with ui.element("div").classes("tools").props('role=group aria-label="Kinds of rows"'):
            for kind in KINDS:
                on = kind == self.wanted.kind
                made = button(
                    NAMES[kind],
                    lambda k=kind: ui.navigate.to(bits.run_link(self.run_id, "rows", kind=k)),
                    tone="on" if on else "",
                )
                made.props(f"aria-pressed={'true' if on else 'false'}")
        self._filters(await ask(facets, self.source, self.wanted.kind))
        self.place = put(join(""))
        with ui.element("div").classes("tools"):
            self.back = button("← Back", self.previous, title="The page before")
            self.on = button("Next →", self.next, title="The next page")
            self.said = put(join("")).classes("soft")
        await self.show()

    def _filters(self, found: Facets) -> None:
        wanted = self.wanted
        leaves = {
            f"{s}/{leaf}": f"{s} / {leaf} ({n:,})"
            for s, of in found.leaves.items()
            for leaf, n in of.items()
            if leaf
        }
        outcomes = {o: f"{o} ({n:,})" for o, n in sorted(found.outcomes.items()) if o}
        with ui.element("div").classes("tools").props('role=search aria-label="Filters"'):
            if leaves:
                chosen = f"{wanted.skill}/{wanted.leaf}" if wanted.leaf else ""
                select("Leaf", {"": "every leaf", **leaves}, chosen, self._leaf)
            if outcomes:
                select(
                    "Outcome",
                    {"": "every outcome", **outcomes},
                    wanted.outcome,
                    lambda v: self.ask(outcome=v),
                )
            rounds = {"0": "every round", **{str(n): f"round {n}" for n in found.rounds if n}}
            select("Round", rounds, str(wanted.round), lambda v: self.ask(round=int(v)))
            sorts = {
                "seq": "as written",
                "seq-": "last written first",
                "usd-": "dearest first",
                "agreement": "least agreed first",
            }
            select(
                "Sort",
                sorts,
                wanted.sort + ("-" if wanted.descending else ""),
                lambda v: self.ask(sort=v.rstrip("-"), descending=v.endswith("-")),
            )
            if wanted.kind in ("battle", "draft"):
                words = {"": "agreed or not", "?": "jurors disagree"}
                words |= {name: f"{name} against the verdict" for name in found.jurors}
                chosen = wanted.juror or ("?" if wanted.disputed else "")
                select("Jurors", words, chosen, self._jurors)
            entry = ui.element("input").classes("plain grow")
            entry.props('type=search placeholder="words in it" aria-label="Words in it"')
            entry.props('title="looked for in the first 20,000 texts that hold them"')
            entry.props["defaultValue"] = (
                wanted.text
            )  # `value` would be put back at every change of the page
            entry.on(
                "input",
                lambda e: self.ask(text=str(e.args)),
                throttle=0.3,
                leading_events=False,
                js_handler="(e) => emit(e.target.value)",
            )

    async def _leaf(self, value: str) -> None:
        skill, _, leaf = value.partition("/")
        await self.ask(skill=skill, leaf=leaf)

    async def _jurors(self, value: str) -> None:
        await self.ask(disputed=value == "?", juror="" if value == "?" else value)

    async def ask(self, **changes: object) -> None:
        """Show what else is wanted, from the first page."""
        self.behind.clear()
        self.wanted = replace(self.wanted, after=None, **changes)  # type: ignore[arg-type]
        await self.show()

    async def next(self) -> None:
        """Show the next page."""
        if self.page.after is not None:
            self.behind.append(self.wanted)
            self.wanted = following(self.wanted, self.page)
            await self.show()

    async def previous(self) -> None:
        """Show the page before."""
        first = replace(self.wanted, after=None)
        self.wanted = self.behind.pop() if self.behind else first
        await self.show()

    def address(self) -> str:
        """Return where these rows are found again: after a reload, on the way back, by somebody else."""
        wanted = self.wanted
        asked = {name: getattr(wanted, name) for name in _KEPT}
        sort = "" if wanted.sort == "seq" else wanted.sort
        after = "" if wanted.after is None else f"{wanted.after[0]:.17g},{wanted.after[1]}"
        return bits.run_link(self.run_id, "rows", **asked, sort=sort, after=after)

    async def show(self) -> None:
        """Show the rows that are wanted."""
        self.page = await ask(rows, self.source, self.wanted)
        ui.navigate.history.replace(self.address())
        self.place.set_content(
            h("section", draw.listed(self.run_id, self.wanted, self.page), class_="panel")
        )
        self.said.set_content(h("span", draw.matches(self.page)))
        _able(self.back, self.wanted.after is not None)
        _able(self.on, self.page.after is not None)


def _able(element: ui.element, able: bool) -> None:
    element.props(remove="disabled") if able else element.props("disabled")


def _place(text: str) -> tuple[float, int] | None:
    """Return where a page begins, as an address says it; None where it says nothing of use."""
    value, _, number = text.partition(",")
    try:
        found = float(value), int(number)
    except ValueError:
        return None
    return found if isfinite(found[0]) and 0 <= found[1] <= 2**62 else None
