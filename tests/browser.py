"""A real browser, headless, on a viewer of our own; tests are skipped where there is no chromium."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket

import pytest
from playwright.async_api import Page, async_playwright

from arenainstruct.tools.browser.launch import FLAGS, on_path

CHROMIUM = on_path()
needed = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on this machine")


def free_port() -> int:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def viewer(runs_dir: Path) -> AsyncIterator[str]:
    """Serve a folder of runs in a process of its own; yields the address."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "arenainstruct.runs", "view", str(runs_dir), "--port", str(port)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # NiceGUI is another one under pytest.
        env={name: value for name, value in os.environ.items() if "PYTEST" not in name},
    )
    assert process.stdout is not None
    try:
        said = b""
        while b"http://" not in said:
            line = await process.stdout.readline()
            assert line, said.decode()
            said += line
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def browsing(
    width: int = 1280, theme: str = "light"
) -> AsyncIterator[tuple[Page, list[str]]]:
    """Open a page; yields it, and what went wrong in it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = await browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = await context.new_page()
        wrong: list[str] = []
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        yield page, wrong
        await browser.close()
