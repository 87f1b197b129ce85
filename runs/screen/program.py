"""How this reader starts the command line, so that a printed command works when it is pasted."""

import shutil
import sys
from pathlib import Path

NAME = "arenainstruct"


def program() -> str:
    """Return the name when it is on the path, else the script that runs, relative where it can be."""
    if shutil.which(NAME):
        return NAME
    script = Path(sys.argv[0])
    if script.name == NAME:
        try:
            return str(script.relative_to(Path.cwd()))
        except (OSError, ValueError):  # the folder one stands in is gone, or another one
            return str(script)
    return f"python -m {NAME}.runs"
