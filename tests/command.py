"""The command line in this process: its status and both of its streams, as a shell would show them."""

import io
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

from arenainstruct.runs.cli import main


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int | None
    out: str
    err: str


def command(
    *arguments: object, cwd: Path, terminal: TextIO | None = None, **environment: str
) -> Said:
    """Run `arenainstruct …` in a folder; its standard error goes to `terminal` where one is given."""
    out, err = io.StringIO(), io.StringIO()
    status: int | None = 0
    with (
        chdir(cwd),
        patch.object(sys, "argv", ["arenainstruct", *map(str, arguments)]),
        patch.dict("os.environ", {"COLUMNS": "120", **environment}),
        redirect_stdout(out),
        redirect_stderr(terminal or err),
    ):
        try:
            main()
        except SystemExit as ended:
            assert ended.code is None or isinstance(ended.code, int)
            status = ended.code
    return Said(status or 0, out.getvalue(), err.getvalue())
