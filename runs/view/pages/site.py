"""The viewer's server: what all pages share, and how it is started."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar, cast

from fastapi import Query, Request
from fastapi.responses import Response
from nicegui import Client, run, ui

from ....agents.errors import ArenaInstructError, UserError
from ...disk import legible
from ..catalog import find
from ..draw import bits
from ..draw.markup import Child, Safe, h, join
from ..indexing import Keeper
from ..source import Source

T = TypeVar("T")
Number = Annotated[int, Query(ge=0, le=2**62)]
"""A number in an address; one that no database holds leads to no page."""
PATIENCE_S = 60.0
"""Seconds that a page may take on a machine that is busy with a run."""
STYLE = (Path(__file__).parents[1] / "draw" / "style.css").read_text(encoding="utf-8")
TABS = (
    ("", "Run"),
    ("rows", "Rows"),
    ("arena", "Arena"),
    ("taxonomy", "Taxonomy"),
    ("traces", "Traces"),
)
_THEME = """<script>
(() => {
  const dark = () => (localStorage.getItem('theme') ??
    (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  document.documentElement.lang = 'en';
  const set = () => { document.documentElement.dataset.theme = dark() ? 'dark' : 'light';
    if (window.Quasar) Quasar.Dark.set(dark()); };
  set();
  addEventListener('load', () => setTimeout(set));
  window.toggleTheme = () => { localStorage.setItem('theme', dark() ? 'light' : 'dark'); set(); };
})();
</script>"""

_KEYS = """<script>
document.documentElement.addEventListener('keydown', (e) => {
  const typed = e.target.matches('textarea, select, input:not([type=range])');
  const pressed = [' ', 'Enter'].includes(e.key) && e.target.closest('button, a, summary');
  if (typed || pressed) e.stopPropagation();
  else if (e.key === ' ' && document.getElementById('scrub')) e.preventDefault();
});
</script>"""
"""Keys that a page heeds are none while somebody types, and none that press what has the focus."""


@dataclass
class Site:
    """What the pages reach for."""

    runs_dir: Path
    keeper: Keeper = field(default_factory=Keeper)

    async def source(self, run_id: str) -> Source:
        """Return a run whose tables are up with its store, or on their way.

        Raises:
            UserError: there is no such run.
        """
        source = find(self.runs_dir, run_id)
        await self.keeper.fresh(source)
        return source


async def ask(query: Callable[..., T], *arguments: object) -> T:
    """Return what a query finds, asked where it holds nobody up.

    Raises:
        UserError: a store that it asks is damaged.
    """
    with legible(*(given.store for given in arguments if isinstance(given, Source))):
        # None only comes back while the server is being stopped.
        return cast(T, await run.io_bound(query, *arguments))


@contextmanager
def objecting() -> Iterator[None]:
    """Carry out what a user asks for; what speaks against it is said, and ends it."""
    try:
        yield
    except ArenaInstructError as error:
        ui.notify(str(error), type="warning", multi_line=True)


def put(content: Safe) -> ui.html:
    """Put HTML that `draw` made on the page; everything foreign in it is escaped there."""
    return ui.html(content, sanitize=False)


def panel(title: str, *children: Child, note: str = "") -> ui.html:
    """Put a titled part on the page."""
    return put(bits.panel(title, *children, note=note))


def nothing(title: str, said: str, *, whole: bool = False) -> None:
    """Put on the page what stands where there is nothing to show; of a `whole` page, it is its title."""
    put(bits.nothing(title, said, whole=whole))


@contextmanager
def frame(title: str, run_id: str = "", tab: str | None = None) -> Iterator[None]:
    """Draw what is around every page: its name, and the way to the others."""
    ui.add_head_html(f"<style>{STYLE}</style>{_THEME}{_KEYS}<script>{bits.SCROLLERS}</script>")
    ui.page_title(f"{title} – ArenaInstruct")
    # Before the `main` that NiceGUI wraps a page into: what is around every page is none of it.
    layout = ui.context.client.layout
    with layout, ui.element("header").classes("top") as top:
        top.move(layout, 0)
        put(_top(run_id, tab)).style("display:contents")
        button = (
            ui.element("button").classes("plain").props('type=button aria-label="Light or dark"')
        )
        with button:
            ui.html("◐", sanitize=False)
        button.on("click", js_handler="() => toggleTheme()")
    with ui.element("div").classes("sheet"):
        place = put(join())
        ui.on_exception(lambda error: _stopped(place, error))
        yield


def _stopped(place: ui.html, error: Exception) -> None:
    """Say why a page that is open shows nothing new any more, and let it ask no further."""
    for element in list(place.client.elements.values()):
        if isinstance(element, ui.timer):
            element.deactivate()
    said = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    move = "Load the page again once that is mended."
    place.set_content(
        h("div", f"This page stands still: {said}. {move}", class_="note", role="alert")
    )


def _top(run_id: str, tab: str | None) -> Safe:
    brand = h("a", h("b", "Arena"), "Instruct", href="/", class_="brand")
    if not run_id:
        return join(brand, h("nav", aria_label="Pages"))
    links = [
        h(
            "a",
            name,
            href=bits.run_link(run_id, *([way] if way else [])),
            aria_current="page" if way == tab else None,
        )
        for way, name in TABS
    ]
    return join(
        brand, h("span", run_id, class_="who", title=run_id), h("nav", links, aria_label="Pages")
    )


def lost(request: Request) -> Response:
    """Return the page that stands where an address leads nowhere."""
    with Client(ui.page(""), request=request) as client, frame("Not found"):
        said = "The address is not one of the viewer's, or something in it cannot be read."
        nothing("There is no such page", said, whole=True)
        put(h("p", bits.link("All runs", "/")))
    return client.build_response(request, 404)


async def opened(site: Site, run_id: str) -> Source | None:
    """Return a run, or draw why it cannot be shown."""
    try:
        source = await site.source(run_id)
    except ArenaInstructError as error:
        with frame("Not found"):
            nothing("This run cannot be shown", str(error), whole=True)
            put(h("p", bits.link("All runs", "/")))
        return None
    if why := site.keeper.errors.get(run_id):
        with frame("Not readable"):
            nothing("Its store cannot be read", why, whole=True)
            put(h("p", bits.link("All runs", "/")))
        return None
    return source


async def behind(site: Site, source: Source) -> None:
    """Say how far the viewer is, where it has not read the whole run yet."""
    found = await site.keeper.fresh(source, 0.0)
    if found.share == 1:
        return
    place = put(_reading(found.share))

    async def look() -> None:
        now = await site.keeper.fresh(source, 0.0)
        place.set_content(_reading(now.share))
        if now.share == 1:
            timer.cancel()
            ui.navigate.reload()

    timer = ui.timer(1.0, look)


def _reading(share: float) -> Safe:
    said = f"Reading the run: {bits.share(share)}. What is shown is right, and not yet all of it."
    return h("div", said, class_="note", role="status")


def button(
    label: str, act: Callable[..., object], *, title: str = "", tone: str = ""
) -> ui.element:
    """Put a button on the page."""
    made = ui.element("button").classes(f"plain {tone}".strip()).props("type=button")
    if title:
        made.props(f'title="{title}"')
    if title and not any(letter.isalpha() for letter in label):
        made.props(f'aria-label="{title}"')
    with made:
        put(join(label)).style("display:contents")
    made.on("click", act)
    return made


def select(
    label: str, options: dict[str, str], value: str, act: Callable[[str], object]
) -> ui.element:
    """Put a choice on the page: the browser's own, which a keyboard and a screen reader know."""
    made = ui.element("select").classes("plain").props(f'aria-label="{label}"')
    chosen = [
        h("option", name, value=key, selected=key == value or None) for key, name in options.items()
    ]
    with made:
        put(join(*chosen)).style("display:contents")
    made.on("change", lambda event: act(str(event.args)), js_handler="(e) => emit(e.target.value)")
    return made
