"""`arenainstruct view`: the runs of a folder, in a browser."""

from pathlib import Path
from typing import Annotated

import typer


def view(
    runs_dir: Annotated[
        Path, typer.Argument(metavar="[RUNS_DIR]", help="Where run folders stand.")
    ] = Path("runs"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7070,
    host: Annotated[
        str, typer.Option(help="Address to listen on; off loopback, the page asks for a token.")
    ] = "127.0.0.1",
) -> None:
    """Show runs in a browser, live while they go on: rows, lineage, battles, ratings, traces."""
    from importlib.util import find_spec

    from ...agents.errors import UserError

    if not runs_dir.is_dir():
        raise UserError(f"view: {runs_dir} is no folder; name the folder where run folders stand")
    if find_spec("nicegui") is None:
        raise UserError("view needs the extra `view`: pip install 'arenainstruct[view]'")
    _refuse_address(host, port)
    from .pages.start import start

    start(runs_dir, host, port)


def _refuse_address(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on before the server would, in many lines of its own."""
    from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket

    from ...agents.errors import UserError

    if not host:
        raise UserError("view: --host is empty; name an address of this machine")
    try:
        family, kind, protocol, _, address = getaddrinfo(host, port, type=SOCK_STREAM)[0]
        with socket(family, kind, protocol) as tried:
            tried.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(
            f"view: cannot listen on --host {host} --port {port}: {why}; name another one"
        ) from error
