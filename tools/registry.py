"""Every tool by the name that a skill's YAML or a prompt's front matter gives it.

To add one: a typed async function in a file of its own, and a line here with its limits.
"""

from collections.abc import Iterable, Sequence

from .api_spec import ApiLike
from .run_python import run_python
from .search_apis import search_apis
from .search_files import read_file, search_files
from .search_web import read_page, search_web
from .service import served
from .tool import Tool, tool
from .use_browser import use_browser

TOOLS: dict[str, Tool] = {
    made.name: made
    for made in (
        tool(read_file),
        tool(search_files),
        # Its own limit ends a call first; what ran is never run again for another result.
        tool(run_python, timeout_s=120, outside=True, remembers=True, at_once=4),
        tool(search_apis, timeout_s=60),
        # A site takes more steps than other tools; a visit that is resumed does all of them again.
        tool(use_browser, timeout_s=300, outside=True, remembers=True, most=50_000, rounds=25),
        # Their own limits, with retries and a wait for the rate, end a call first.
        tool(search_web, timeout_s=600, outside=True),
        tool(read_page, timeout_s=600, outside=True),
    )
}


def offered(apis: Sequence[ApiLike], names: Iterable[str]) -> list[Tool]:
    """Return what a contender may call: a simulated tool for each API, and the tools named here.

    An endpoint refuses two of one name: an API that bears a tool's name gives way.
    """
    made = [*served(apis), *(TOOLS[name] for name in names if name in TOOLS)]
    return list({tool.name: tool for tool in made}.values())
