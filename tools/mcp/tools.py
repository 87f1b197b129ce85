"""A server's tools as tools of this project: named `mcp:SERVER` for all, or `mcp:SERVER:TOOL` for one."""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ..optional import optional
from ..settings import ToolSettings
from ..tool import Given, Tool
from .connection import EXTRA, Connection, connection, token

PREFIX = "mcp:"
_NAME = re.compile(r"mcp:([a-z][a-z0-9_]*)(?::(.+))?")
_LONGEST = 64
"""Characters of a tool's name that endpoints take."""


@dataclass(frozen=True)
class Named:
    """What a leaf or a config asks for."""

    server: str
    tool: str = ""
    """Empty for all that the server has."""

    @classmethod
    def read(cls, name: str) -> "Named | None":
        """Return what a name asks for; None where it is no name of this kind."""
        found = _NAME.fullmatch(name)
        return cls(found[1], found[2] or "") if found else None


def listing(server: str) -> Tool:
    """Return the call that lists a server's tools: its result is kept as any tool's."""
    return Tool(
        name=f"{PREFIX}{server}",
        description="",
        parameters={},
        answer=partial(_listing, server),
        outside=True,
        timeout_s=600,
        most=2_000_000,
    )


def listed(server: str, found: str, wanted: Iterable[str]) -> list[Tool]:
    """Return the tools that a listing holds, those wanted of it where '' is not among them.

    Raises:
        ValueError: one that is wanted is not there.
    """
    rows = {str(row["name"]): row for row in json.loads(found)}
    asked = list(wanted)
    if missing := [name for name in asked if name and name not in rows]:
        raise ValueError(
            f"the MCP server {server} has no tool {missing[0]!r}; tools: {', '.join(rows)}"
        )
    names = list(rows) if "" in asked else list(dict.fromkeys(asked))
    made = _made(server, rows)
    return [
        Tool(
            name=made[name],
            description=str(rows[name]["description"]),
            parameters=rows[name]["parameters"],
            answer=partial(_call, server, name),
            outside=True,
            remembers=True,
            memory=f"{PREFIX}{server}",
            timeout_s=600,
        )
        for name in names
    ]


def _made(server: str, names: Iterable[str]) -> dict[str, str]:
    """Return the names of a server's tools as endpoints take them, no two alike."""
    made: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^a-zA-Z0-9_-]", "_", f"{server}_{name}")[:_LONGEST]
        count = 1
        while (one := plain if count == 1 else f"{plain[: _LONGEST - 4]}_{count}") in made.values():
            count += 1
        made[name] = one
    return made


async def _listing(server: str, given: Given, arguments: str) -> str:
    async with connection(given.settings.mcp[server]) as opened:
        return await opened.listing()


async def _call(server: str, name: str, given: Given, arguments: str) -> str:
    return await (await _connected(server, given)).call(name, arguments)


async def _connected(server: str, given: Given) -> Connection:
    """Return the conversation's connection, where its earlier calls were made if they have to be."""
    memory, settings = f"{PREFIX}{server}", given.settings.mcp[server]
    opened: Connection | None = given.held.get(memory)
    if opened is None:
        opened = await given.closing.enter_async_context(connection(settings))
        given.held[memory] = opened
    past = [call for call in given.past if call.memory == memory]
    if settings.again and len(past) > opened.done:
        rows = json.loads(await opened.listing())
        names = {one: name for name, one in _made(server, (row["name"] for row in rows)).items()}
        for call in past[opened.done :]:
            # What was refused then is refused again.
            with suppress(ValueError):
                await opened.call(names[call.tool], call.arguments)
    return opened


def faults(settings: ToolSettings, names: Sequence[str]) -> Iterator[str]:
    """Yield what keeps the tools of these names from being used, before anything is paid."""
    asked = [named for name in names if (named := Named.read(name))]
    for server in dict.fromkeys(named.server for named in asked):
        if server not in settings.mcp:
            known = ", ".join(settings.mcp) or "none"
            yield f"tools.mcp: no server {server!r} is named there, which is asked for; servers: {known}"


def absent(settings: ToolSettings) -> Iterator[tuple[str, str]]:
    """Yield servers that cannot be started or asked from here, with the reason."""
    for name, server in settings.mcp.items():
        try:
            optional("mcp", EXTRA)
            if server.key_env:
                token(server)
        except ValueError as error:
            yield name, str(error)
            continue
        if server.command and shutil.which(server.command[0]) is None:
            yield name, f"command: {server.command[0]!r} is no program that can be started"
