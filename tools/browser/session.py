"""One visit: a site in a tab of its own, what a model does there, and how it is told of it.

A result's first line names the page, its last one what the site has kept of the visit; checkers read both.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from ..settings import BrowserSettings
from .launch import browser
from .pages import ORIGIN, respond, script, split

Action = Literal["open", "click", "type", "select", "scroll", "read"]
_PAGE, _KEPT = "Page: ", "Kept by the site: "
_LONGEST = 12_000
"""Characters of a page that are told."""
_SETTLED = "() => !window.going && document.readyState === 'complete'"


class Seen(NamedTuple):
    """Where a visit stands, as a result tells it."""

    path: str
    state: dict[str, Any]


def seen(result: str) -> Seen | None:
    """Return where a visit stood after an action; None where the action was refused."""
    lines = result.split("\n")
    first, last = lines[0], lines[-1]
    if not (first.startswith(_PAGE) and last.startswith(_KEPT)):
        return None
    return Seen(first.removeprefix(_PAGE).split(" ")[0], json.loads(last.removeprefix(_KEPT)))


class Visit:
    """A tab that shows one site."""

    def __init__(self, page: Any, site: str, settings: BrowserSettings) -> None:
        self._page = page
        self._site = site
        self._ms = 1000 * settings.timeout_s
        self.done = 0
        """Actions so far."""

    async def act(self, action: Action, element: int, text: str) -> str:
        """Do something, and tell what is to be seen then.

        Raises:
            ValueError: there is no such element, page or option.
        """
        if action == "open":
            await self._open(text)
        elif action == "scroll":
            step = -0.8 if text.strip().lower() == "up" else 0.8
            await self._page.evaluate(f"scrollBy(0, {step} * innerHeight)")
        elif action != "read":
            await self._use(action, await self._element(element), text)
        await self._page.wait_for_function(_SETTLED, timeout=self._ms)
        self.done += 1
        return await self._told(whole=action == "read")

    async def _open(self, path: str) -> None:
        path = path.strip().removeprefix(ORIGIN) or "/"
        if path not in split(self._site):
            raise ValueError(
                f"the site has no page {path!r}; open / and follow its links. No other site can be reached"
            )
        await self._page.goto(ORIGIN + path, timeout=self._ms)

    async def _element(self, number: int) -> Any:
        found = await self._page.query_selector(f'[data-n="{number}"]')
        if found is None or not await found.is_visible():
            raise ValueError(
                f"there is no element [{number}] on this page; read the page for the numbers there are"
            )
        return found

    async def _use(self, action: Action, found: Any, text: str) -> None:
        kind = await found.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if action == "type":
            if kind in ("a", "button", "select", "summary", "checkbox"):
                raise ValueError("nothing can be typed there: it is no text field")
            await found.fill(text, timeout=self._ms)
        elif action == "select":
            if kind != "select":
                raise ValueError("nothing can be selected there: it is no choice; click it")
            options = await found.evaluate("e => [...e.options].map(o => o.text)")
            if text not in options:
                raise ValueError(f"no option {text!r}; options: {', '.join(options)}")
            await found.select_option(label=text, timeout=self._ms)
        else:
            await found.click(timeout=self._ms)

    async def _told(self, *, whole: bool) -> str:
        view = await self._page.evaluate(script("view"), whole)
        text = "\n".join(view["lines"])
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}\n(the page goes on)"
        rows = [f'{_PAGE}{view["path"]} "{view["title"]}"']
        rows += [f"({view['above']} lines above: scroll up)"] if view["above"] else []
        rows += [text]
        rows += [f"({view['below']} lines below: scroll down)"] if view["below"] else []
        kept = json.dumps(json.loads(view["state"]), ensure_ascii=False, sort_keys=True)
        return "\n".join([*rows, f"{_KEPT}{kept}"])


@asynccontextmanager
async def visit(site: str, settings: BrowserSettings) -> AsyncIterator[Visit]:
    """Open a site in a tab that reaches nothing else, and close it behind the visitor."""

    async def answer(route: Any) -> None:
        url = urlsplit(route.request.url)
        if f"{url.scheme}://{url.netloc}" != ORIGIN:
            # A page that is left for nowhere stays; what a page wants beside it fails.
            leaving = route.request.is_navigation_request()
            await (route.fulfill(status=204) if leaving else route.abort())
            return
        status, kind, body = respond(site, url.path)
        await route.fulfill(status=status, content_type=kind, body=body)

    async with browser(settings) as chromium:
        context = await chromium.new_context(
            viewport={"width": 1000, "height": 700}, service_workers="block", accept_downloads=False
        )
        try:
            await context.route("**/*", answer)
            yield Visit(await context.new_page(), site, settings)
        finally:
            await context.close()
