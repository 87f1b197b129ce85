"""`arenainstruct view`: the runs of a folder, in a browser."""

import socket
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
    _bindable(host, port)
    from .pages.start import start

    start(runs_dir, host, port)


def _bindable(host: str, port: int) -> None:
    """Find out, before anything is said of it, whether this address can be served.

    Raises:
        UserError: another process listens there, or the address is not this machine's.
    """
    from ...agents.errors import UserError

    if not host:
        raise UserError("view: --host is empty; name an address of this machine")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(
            f"view: --host {host} --port {port} cannot be served: {why}; if a viewer is there already, open "
            "it, else choose another port or address"
        ) from error
