"""Starting the viewer: its pages, its guard, and the address it prints."""

import asyncio
import secrets
from functools import partial
from pathlib import Path

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from nicegui import app, background_tasks, ui

from ...screen.terminal import say
from ..guard import Guard, loopback
from . import arena, battle, rounds, row, rows, run, runs, taxonomy, trace
from .site import Site, lost

PAGES = (runs, run, rows, row, rounds, battle, arena, taxonomy, trace)


def start(runs_dir: Path, host: str, port: int) -> None:
    """Serve the runs of a folder until Ctrl-C."""
    token = "" if loopback(host) else secrets.token_urlsafe(24)
    app.add_middleware(partial(_guarded, host, token))
    site = Site(runs_dir)
    for page in PAGES:
        page.add(site)
    for wrong in (404, RequestValidationError):
        app.exception_handler(wrong)(_lost)
    asked = f"?token={token}" if token else ""
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/{asked}"
    app.on_startup(lambda: background_tasks.create(_announced(host, port, runs_dir, address)))
    ui.run(
        host=host,
        port=port,
        title="ArenaInstruct",
        dark=None,
        reload=False,
        show=False,
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=10.0,
    )


async def _lost(request: Request, error: Exception) -> Response:
    return lost(request)


async def _announced(host: str, port: int, runs_dir: Path, address: str) -> None:
    """Say where the viewer is, once it answers."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while True:
        try:
            _, writer = await asyncio.open_connection(near, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        say(f"ArenaInstruct shows {runs_dir} at {address}")
        return


def _guarded(host: str, token: str, inner: object) -> Guard:
    return Guard(inner, host, token)  # type: ignore[arg-type]
