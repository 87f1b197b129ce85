"""One way to the web for all conversations of a run: limits of rate, retries, what was found by number."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..optional import optional
from ..settings import SearchSettings
from .markdown import html_to_markdown
from .pages import Page, read_page

Search = Callable[[str, SearchSettings], Sequence[dict[str, Any]]]
Read = Callable[[str, SearchSettings], Awaitable[Page]]


@dataclass(frozen=True, slots=True)
class Found:
    """One result of a search."""

    id: str
    """A number of the search to cite it by, from 1."""
    title: str
    url: str
    snippet: str


def duckduckgo(query: str, settings: SearchSettings) -> Sequence[dict[str, Any]]:
    """Search DuckDuckGo through the package `ddgs`; its rows have `title`, `href`, `body`.

    Raises:
        OSError: nobody answers, or it answers too many requests.
        ValueError: the package is absent.
    """
    ddgs = optional("ddgs", "arenainstruct[tools]")
    errors = optional("ddgs.exceptions", "arenainstruct[tools]")
    try:
        with ddgs.DDGS(timeout=round(settings.timeout_s)) as engine:
            rows: list[dict[str, Any]] = engine.text(
                query,
                region=settings.region,
                safesearch=settings.safesearch,
                max_results=settings.results,
                backend="duckduckgo",
            )
            return rows
    except errors.DDGSException as error:
        if "No results" in str(error):
            return []
        raise OSError(f"DuckDuckGo: {type(error).__name__}: {error}") from error


@dataclass
class Web:
    """Searches and reads within the limits; `search` and `read` are the ways out."""

    settings: SearchSettings = SearchSettings()
    search: Search = duckduckgo
    read: Read = read_page
    _next: float = field(default=0.0, repr=False)

    async def find(self, query: str) -> list[Found]:
        """Return the first results of a search.

        Raises:
            OSError: the engine did not answer, as often as it was asked.
        """
        rows = await self._tried(lambda: asyncio.to_thread(self.search, query, self.settings))
        return [
            Found(str(at), *(str(row.get(key) or "") for key in ("title", "href", "body")))
            for at, row in enumerate(rows[: self.settings.results], 1)
        ]

    async def page(self, url: str) -> tuple[str, str]:
        """Return a page's title and its text as markdown.

        Raises:
            ValueError: an address that is not public, too large a page, or none that is text.
            OSError: nobody answered, as often as it was asked.
        """
        page = await self._tried(lambda: self.read(url, self.settings))
        if page.kind not in ("text/html", "application/xhtml+xml"):
            return page.url, page.text
        title, text = await asyncio.to_thread(html_to_markdown, page.text)
        return title or page.url, text.strip()

    async def _tried(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        for attempt in range(self.settings.retries + 1):
            await self._turn()
            try:
                async with asyncio.timeout(self.settings.timeout_s):
                    return await ask()
            except OSError as error:  # a time-out is one
                if attempt == self.settings.retries:
                    if isinstance(error, TimeoutError):
                        took = f"no answer within {self.settings.timeout_s:g} s"
                        raise OSError(f"{took}, {attempt + 1} times") from error
                    raise
        raise AssertionError("unreachable")

    async def _turn(self) -> None:
        """Wait until the rate allows another request."""
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + 60 / self.settings.per_minute
        if at > now:
            await asyncio.sleep(at - now)
