"""The tool that uses a site in a browser; the visit lasts as long as the conversation."""

import json
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from .browser.session import Action, Visit, seen, visit
from .tool import Given, Past

NAME = "use_browser"
SITE = "site.html"
"""The file of a conversation that holds the site."""


async def use_browser(
    given: Given,
    action: Annotated[
        Action,
        Field(description="open a page by its path; click, type, select: an element; scroll; read"),
    ],
    element: Annotated[int, Field(ge=0, description="The number of the element, as [3].")] = 0,
    text: Annotated[
        str,
        Field(
            max_length=2_000,
            description="What to type, the option to select, the path to open, or up or down.",
        ),
    ] = "",
) -> str:
    """Use the website in a browser. Begin with open and the path /, then use elements by their numbers.

    Returns the page as it then is, with a number before each element that can be used, and what the site
    has kept of the visit. scroll shows what is further down, read the whole page. Numbers change from page
    to page.
    """
    if not given.files.get(SITE):
        raise ValueError("there is no website here")
    tab = await _tab(given)
    return await tab.act(action, element, text)


async def _tab(given: Given) -> Visit:
    """Return the conversation's tab, in which its actions so far were done.

    Actions that were served from the ledger were done in no tab of this process: they are done again.
    """
    tab: Visit | None = given.held.get(NAME)
    if tab is None:
        tab = await given.closing.enter_async_context(
            visit(given.files[SITE], given.settings.browser)
        )
        given.held[NAME] = tab
    for call in done(given.past)[tab.done :]:
        arguments = json.loads(call.arguments)
        told = await tab.act(
            arguments["action"], arguments.get("element", 0), arguments.get("text", "")
        )
        if seen(told) != seen(call.result):
            raise RuntimeError(f"{NAME}: the site is not where it was after {call.arguments}")
    return tab


def done(past: Sequence[Past]) -> list[Past]:
    """Return the actions that were done; the refused ones changed nothing."""
    return [call for call in past if call.tool == NAME and seen(call.result)]
