"""Starting the viewer: its pages, its guard, and the address it prints."""

import secrets
from functools import partial
from pathlib import Path

from nicegui import app, ui

from ...terminal import say
from ..guard import Guard, loopback
from . import arena, battle, row, rows, run, runs, taxonomy, trace
from .site import Site

PAGES = (runs, run, rows, row, battle, arena, taxonomy, trace)


def start(runs_dir: Path, host: str, port: int) -> None:
    """Serve the runs of a folder until Ctrl-C."""
    token = "" if loopback(host) else secrets.token_urlsafe(24)
    app.add_middleware(partial(_guarded, host, token))
    site = Site(runs_dir)
    for page in PAGES:
        page.add(site)
    asked = f"?token={token}" if token else ""
    shown = f"[{host}]" if ":" in host else host
    app.on_startup(lambda: say(f"ArenaInstruct shows {runs_dir} at http://{shown}:{port}/{asked}"))
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


def _guarded(host: str, token: str, inner: object) -> Guard:
    return Guard(inner, host, token)  # type: ignore[arg-type]
