"""The tools that search the web and read what was found; results are kept in the ledger."""

import json
from typing import Annotated

from pydantic import Field

from .tool import Given


async def search_web(
    given: Given,
    query: Annotated[str, Field(description="A few words, as for a search engine.")],
) -> str:
    """Search the web. Returns results with an id to cite them by, title, url and snippet.

    Read a result's page with read_page.
    """
    if not query.strip():
        raise ValueError("search_web needs one parameter, query: a few words")
    found = await given.web.find(query.strip()[:400])
    if not found:
        return f"Nothing was found for {query!r}. Try other or fewer words."
    rows = [
        {"id": f"[{row.id}]", "title": row.title, "url": row.url, "snippet": row.snippet}
        for row in found
    ]
    return json.dumps(rows, ensure_ascii=False)


async def read_page(
    given: Given,
    url: Annotated[str, Field(description="The page's address, http or https.")],
) -> str:
    """Read a web page as markdown."""
    try:
        title, text = await given.web.page(url.strip())
    except OSError as error:
        # A model chooses the addresses; one that nobody serves is not the run's failure.
        raise ValueError(str(error)) from error
    return f"# {title}\n\n{text}" if text else f"{url} holds no text."
