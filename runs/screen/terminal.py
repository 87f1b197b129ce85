"""What is written to a terminal: what documents, endpoints and files say is shown, never obeyed."""

import errno
import io
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...agents.models.secrets import redact

# Control characters but for newline and tab, and what turns the direction of writing.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Return a text with what a terminal would obey written out, and no key in it."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], redact(text))


def say(text: str = "") -> None:
    """Print what was asked for."""
    sys.stdout.write(plain(text) + "\n")


def aside(text: str) -> None:
    """Print a line about it, on standard error; nobody who reads it is no reason to stop the work."""
    with suppress(OSError):
        sys.stderr.write(plain(text) + "\n")
        sys.stderr.flush()


@contextmanager
def streams() -> Iterator[None]:
    """Let standard output and error take whatever is said: closed ones lose it, narrow ones spell it out."""
    # In order: what is opened takes the lowest free number, and a file of ours would take the next one.
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except OSError:
            # Or Python tries again as it ends, and tells of it in words of its own.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


_MOVES = {
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs",
    errno.ENAMETOOLONG: "name a shorter one",
}
_WIDE = 110
"""Columns where the output is no terminal."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def failed(error: OSError) -> str:
    """Return what a file system says, of which file and what to do, in one line."""
    move = "make room" if error.errno in NO_ROOM else _MOVES.get(error.errno or 0, "mend that")
    return f"{named(error)}; {move}, then try again"


def shortage(error: BaseException) -> str:
    """Return that this process is given too little, and the next move; empty of another error."""
    if not isinstance(error, MemoryError) and "start new thread" not in str(error):
        return ""
    return (
        "this process is given no more memory or threads; give it more (ulimit -v, ulimit -u, the limits "
        "of its container), or lower execution.in_flight"
    )


def named(error: OSError) -> str:
    """Return what a file system says and of which file, where it tells."""
    return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"


def sheet(title: str, *columns: str, left: Collection[str] = ("",)) -> Table:
    """Return an empty table; numbers stand right, and the columns of names left."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for name in columns:
        table.add_column(name, justify="left" if name in left else "right", overflow="fold")
    return table


class Page(Console):
    """Standard output for tables, whose cells may come from anywhere."""

    def __init__(self) -> None:
        self._wraps = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if self._wraps else _WIDE
        super().__init__(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)

    def lines(self, *texts: str) -> None:
        """Print lines, which a terminal wraps between words."""
        for text in texts:
            self.print(text, soft_wrap=not self._wraps)

    def render_str(self, text: str, **how: Any) -> Text:
        """Render a text of a cell or a line."""
        return super().render_str(plain(text), **how)


NAME = "arenainstruct"


def program() -> str:
    """Return how this reader starts the command line, so that a printed command works when pasted.

    That is the name where it is on the path, else the script that runs, relative where it can be.
    """
    if shutil.which(NAME):
        return NAME
    script = Path(sys.argv[0])
    if script.name == NAME:
        try:
            return str(script.relative_to(Path.cwd()))
        except (OSError, ValueError):  # the folder one stands in is gone, or another one
            return str(script)
    return f"python -m {NAME}.runs"
