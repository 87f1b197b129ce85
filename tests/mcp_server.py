"""A server of the Model Context Protocol for the tests: notes that are kept as long as it lives."""

import os
import sys

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError


def notes() -> MCPServer:
    server = MCPServer("notes")
    kept: list[str] = []

    @server.tool()
    def add(text: str) -> str:
        """Keep a note."""
        if not text:
            raise ToolError("a note is not empty")
        kept.append(text)
        return f"note {len(kept)}"

    @server.tool(name="read.all")
    def read_all() -> str:
        """Read all notes."""
        return "; ".join(kept) or "none"

    @server.tool()
    def variables() -> str:
        """Tell the names of the environment's variables."""
        return " ".join(sorted(os.environ))

    return server


if __name__ == "__main__":
    sys.stderr.write("a line that is nobody's\n")
    notes().run("stdio")
