"""The browser itself: which Chromium, how it is started, and that conversations at a time share one."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from ..optional import optional
from ..settings import BrowserSettings

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A Chromium that looks after nothing of its own."""
_CLOSED = "--host-resolver-rules=MAP * ~NOTFOUND"
"""Whatever a page tries, no name and no address leads anywhere."""


class NoBrowser(ValueError):
    """There is no browser here; says what to install."""


def executable(settings: BrowserSettings) -> str:
    """Return the Chromium to start; empty for the one that Playwright brought.

    Raises:
        NoBrowser: Playwright or a Chromium is missing.
    """
    try:
        optional("playwright.async_api", "arenainstruct[web]")
    except ValueError as error:
        raise NoBrowser(str(error)) from error
    if settings.executable:
        found = shutil.which(settings.executable)
        if found is None:
            raise NoBrowser(
                f"executable: {settings.executable!r} is no program that can be started"
            )
        return found
    if found := on_path():
        return found
    if not _brought():
        raise NoBrowser(
            "no Chromium on this machine: install one (`apt install chromium`, or `playwright install "
            "chromium`), or name it in tools.browser.executable"
        )
    return ""


def on_path() -> str:
    """Return the machine's Chromium; empty where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "") or ""


def _brought() -> bool:
    """Return whether Playwright has a Chromium of its own."""
    homes = [os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright"]
    homes += ["~/Library/Caches/ms-playwright"]
    return any(any(Path(home).expanduser().glob("chromium*")) for home in homes)


@dataclass
class _Shared:
    """The browser of one event loop: started for the first that asks, closed behind the last."""

    users: int = 0
    browser: Any = None
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_OPEN: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


@asynccontextmanager
async def browser(settings: BrowserSettings) -> AsyncIterator[Any]:
    """Lend a running Chromium, as Playwright knows it.

    Raises:
        NoBrowser: there is none to start.
    """
    shared = _OPEN.setdefault(asyncio.get_running_loop(), _Shared())
    async with shared.lock:
        if not shared.users:
            await _start(shared, settings)
        shared.users += 1
    try:
        yield shared.browser
    finally:
        async with shared.lock:
            shared.users -= 1
            if not shared.users:
                await shared.closing.aclose()


async def _start(shared: _Shared, settings: BrowserSettings) -> None:
    path = executable(settings)
    api = optional("playwright.async_api", "arenainstruct[web]")
    async with AsyncExitStack() as opened:
        playwright = await opened.enter_async_context(api.async_playwright())
        shared.browser = await playwright.chromium.launch(
            executable_path=path or None,
            args=[*FLAGS, _CLOSED],
            timeout=1000 * settings.start_s,
            handle_sigint=False,  # Ctrl-C is for the run to handle: what is under way may land
        )
        opened.push_async_callback(shared.browser.close)
        shared.closing = opened.pop_all()
