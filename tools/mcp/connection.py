"""A conversation with one server: started for it, ended with it."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from pydantic import ValidationError

from ..full_text import clean
from ..optional import optional
from ..settings import McpServer

EXTRA = "arenainstruct[mcp]"
_QUIET = partial(open, os.devnull, "w")
_PAGES = 100
logging.getLogger("mcp").addHandler(
    logging.NullHandler()
)  # else it tells the terminal of odd lines


class Connection:
    """Lists and calls the tools of a server."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.done = 0
        """Calls so far."""

    async def listing(self) -> str:
        """Return the server's tools as JSON, in its order.

        Raises:
            OSError: it never comes to an end.
        """
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await self._client.list_tools(cursor=cursor)
            found += [
                {"name": t.name, "description": t.description or "", "parameters": t.input_schema}
                for t in page.tools
            ]
            cursor = page.next_cursor
            if not cursor:
                return json.dumps(found, ensure_ascii=False)
        raise OSError(f"the MCP server lists its tools on more than {_PAGES} pages")

    async def call(self, tool: str, arguments: str) -> str:
        """Return a tool's result as text.

        Raises:
            ValueError: the server refused the call, in its own words.
            OSError: it ended, gave no answer in time, or none of the protocol.
        """
        errors = optional("mcp", EXTRA)
        self.done += 1
        given = _object(arguments)
        try:
            result = await self._client.call_tool(tool, given)
        except errors.MCPError as error:
            said = str(error.error.message)
            if said == "Connection closed" or said.startswith("Request 'tools/call' timed out"):
                raise OSError(f"the MCP server: {said}") from error
            raise ValueError(said) from error
        except ValidationError as error:
            raise OSError("the MCP server gave no result of the protocol") from error
        text = "\n".join(map(_told, result.content))
        if not text and result.structured_content is not None:
            text = json.dumps(result.structured_content, ensure_ascii=False)
        if result.is_error:
            raise ValueError(text or "the server says that it failed")
        return text


def _object(arguments: str) -> dict[str, Any]:
    try:
        given = json.loads(arguments or "{}")
        # Half of a pair of surrogates is no text: a server could not even be sent it.
        given = json.loads(clean(json.dumps(given, ensure_ascii=False)))
    except ValueError as error:
        raise ValueError(f"the arguments are no JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValueError("the arguments are no JSON object")
    return given


def _told(block: Any) -> str:
    """Return a block of a result as text; what is no text is named."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and hasattr(block.resource, "text"):
        return str(block.resource.text)
    return f"({block.type} {getattr(block, 'mime_type', None) or ''})".replace(" )", ")")


@asynccontextmanager
async def connection(server: McpServer) -> AsyncIterator[Connection]:
    """Connect to a server, in a task of its own: the protocol's client ends where it was begun.

    Raises:
        OSError: it cannot be started or reached.
        ValueError: the package is absent, or the variable that holds its token is not set.
    """
    opened: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()

    async def hold() -> None:
        try:
            async with AsyncExitStack() as stack:
                client = await _client(server, stack)
                opened.set_result(Connection(client))
                await stop.wait()
        except Exception as error:
            if not opened.done():
                opened.set_exception(_plain(error))

    task = asyncio.create_task(hold())
    try:
        try:
            ready = await asyncio.wait_for(opened, server.timeout_s)
        except TimeoutError as error:
            raise OSError(f"no MCP server answers within {server.timeout_s:g} s") from error
        yield ready
    finally:
        stop.set()
        if not opened.done() or opened.cancelled():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _client(server: McpServer, stack: AsyncExitStack) -> Any:
    mcp = optional("mcp", EXTRA)
    if server.command:
        path, *arguments = server.command
        env = {name: os.environ[name] for name in server.env if name in os.environ}
        started = mcp.StdioServerParameters(command=path, args=arguments, env=env)
        # What it says beside the protocol is nobody's: it may hold anything.
        quiet = stack.enter_context(_QUIET())
        transport = mcp.stdio_client(started, errlog=quiet)
    else:
        http = optional("mcp.client.streamable_http", EXTRA)
        asking = optional("mcp.shared._httpx_utils", EXTRA)
        headers = {"Authorization": f"Bearer {token(server)}"} if server.key_env else None
        asker = await stack.enter_async_context(asking.create_mcp_http_client(headers=headers))
        transport = http.streamable_http_client(server.url, http_client=asker)
    client = mcp.Client(transport, read_timeout_seconds=server.timeout_s)
    return await stack.enter_async_context(client)


def token(server: McpServer) -> str:
    """Return a server's bearer token; raises ValueError where its variable is not set."""
    found = os.environ.get(server.key_env, "")
    if not found:
        raise ValueError(f"the environment variable {server.key_env} is not set")
    return found


def _plain(error: BaseException) -> Exception:
    """Return what lies behind groups of errors, as one that says that nobody could be reached."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ValueError):
        return error
    return OSError(f"no MCP server answers: {type(error).__name__}: {error}")
