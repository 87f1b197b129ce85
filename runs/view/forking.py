"""The fork button: a fork is begun in a process of its own, which outlives the page that asked for it."""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from secrets import token_hex

from ...agents.errors import UserError
from ...agents.models.secrets import redact
from ..replay.fork import check_fork
from .source import Source

_BEGINS_S = 30.0


def begin_fork(source: Source, event: str, changes: tuple[str, ...], budget: float | None) -> str:
    """Begin a fork beside its parent; return its id once its folder is there.

    Raises:
        UserError: the changes are wrong, or the fork ended before it began.
    """
    parent = source.folder.path
    check_fork(parent, changes)
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-fork-{token_hex(2)}"
    command = [sys.executable, "-m", "arenainstruct.runs", "fork", str(parent), "--at", event]
    command += ["--run-id", run_id, "--runs-dir", str(parent.parent)]
    command += [part for change in changes for part in ("--set", change)]
    command += ["--budget", str(budget)] if budget else []
    made = parent.parent / run_id / "manifest.json"
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        )
        until = time.monotonic() + _BEGINS_S
        while not made.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        if made.exists():
            return run_id
        said.seek(0)
        told = redact(said.read().decode(errors="replace"))
    raise UserError(f"the fork did not begin: {told[-600:] or 'no word from it'}")
