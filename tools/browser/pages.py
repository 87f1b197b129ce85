"""A site as one text: each page follows a line that names it, so that it lies in a record as it stands.

<!-- page /help | Help -->
<h1>Help</h1> …
"""

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple

ORIGIN = "http://site.test"
"""Where the browser believes the site to be; nobody is there."""
SCRIPT = "/site.js"
_HEAD = re.compile(r"^<!-- page (/\S*) \| (.*) -->$", re.M)


class Page(NamedTuple):
    """One page: the title, and what stands in its body."""

    title: str
    body: str


class Response(NamedTuple):
    """What the site's server would answer."""

    status: int
    kind: str
    body: str


def joined(pages: Mapping[str, Page]) -> str:
    """Return a site as one text."""
    return "\n".join(
        f"<!-- page {path} | {escape(page.title)} -->\n{page.body.strip()}"
        for path, page in pages.items()
    )


@cache
def split(site: str) -> dict[str, Page]:
    """Return the pages of a site by their paths."""
    parts = _HEAD.split(site)[1:]
    return {
        path: Page(title, body.strip())
        for path, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


def respond(site: str, path: str) -> Response:
    """Return what stands at a path; a page of its own says that nothing does."""
    if path == SCRIPT:
        return Response(200, "text/javascript", script("site"))
    page = split(site).get(path)
    status = 200 if page else 404
    page = page or Page("Not found", '<h1>Not found</h1><p><a href="/">Start page</a></p>')
    return Response(status, "text/html; charset=utf-8", _whole(page))


@cache
def script(name: str) -> str:
    """Return a script of this folder."""
    return Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")


def _whole(page: Page) -> str:
    # The policy lets a page load its script and nothing else, whatever a document brought into it.
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "script-src 'self'; style-src 'unsafe-inline'; form-action 'self'\">"
        f"<title>{page.title}</title><style>body {{ font: 16px/1.5 sans-serif }}</style></head>"
        f'<body>{page.body}<script src="{SCRIPT}"></script></body></html>'
    )
