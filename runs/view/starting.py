"""Runs begun from a page: a fork, or one taken up, in a process of its own that outlives the page."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from secrets import token_hex

from ...agents.errors import UserError
from ...agents.models.secrets import redact
from ..folder import RunFolder
from ..replay.fork import check_fork
from .catalog import run_card
from .source import Source

_BEGINS_S = 60.0


def begin_fork(source: Source, event: str, changes: tuple[str, ...], budget: float | None) -> str:
    """Begin a fork beside its parent; return its id once it can be shown.

    Raises:
        UserError: the changes are wrong, or the fork ended before it began.
    """
    parent = source.folder.path
    check_fork(parent, changes)
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-fork-{token_hex(2)}"
    command = ["fork", str(parent), "--at", event, "--run-id", run_id]
    command += ["--runs-dir", str(parent.parent)]
    command += [part for change in changes for part in ("--set", change)]
    command += ["--budget", str(budget)] if budget else []
    _begin("the fork", command, lambda: RunFolder(parent.parent / run_id).has_store)
    return run_id


def take_up(source: Source) -> None:
    """Take a run up where it stopped; return once it is at work, or was done at once.

    Raises:
        UserError: it ended before it began.
    """
    command = ["resume", str(source.folder.path)]
    _begin("the run", command, lambda: run_card(source).live is not None)


def _begin(what: str, command: Sequence[str], begun: Callable[[], bool]) -> None:
    """Start a command and wait until it has begun its work."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "arenainstruct.runs", *command],
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        until = time.monotonic() + _BEGINS_S
        while not begun() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        if begun() or process.poll() == 0:
            return
        said.seek(0)
        told = redact(said.read().decode(errors="replace"))
    raise UserError(f"{what} did not begin: {told[-600:] or 'no word from it'}")
