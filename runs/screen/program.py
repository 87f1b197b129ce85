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
        here = Path.cwd()
        return str(script.relative_to(here) if script.is_relative_to(here) else script)
    return f"python -m {NAME}.runs"
