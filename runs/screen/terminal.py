"""What is written to a terminal: what documents, endpoints and files say is shown, never obeyed."""

import re
import sys
from typing import Any

from rich.console import Console
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
    """Print a line about it, on standard error."""
    sys.stderr.write(plain(text) + "\n")
    sys.stderr.flush()


class Page(Console):
    """Standard output for tables, whose cells may come from anywhere."""

    def __init__(self, width: int) -> None:
        super().__init__(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)

    def render_str(self, text: str, **how: Any) -> Text:
        """Render a text of a cell or a line."""
        return super().render_str(plain(text), **how)
