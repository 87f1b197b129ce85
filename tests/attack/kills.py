"""`kill -9` in the middle of commands that write files: what is there is whole, and they work again."""

import subprocess
import sys
from pathlib import Path

from tests.attack.attack import ROOT, Attack

_SMALL = (
    "--seeds",
    str(ROOT / "runs" / "demo"),
    "--limit",
    "1",
    "--set",
    "rounds=1",
    "--set",
    "skills=[text_modification]",
)
KILLED = """
import os, signal, sys
at, folder, seen = int(sys.argv.pop(1)), os.getcwd(), 0
def watch(event, told):
    global at, seen
    if seen == at:
        at = -1  # a kill is an event too
        os.kill(os.getpid(), signal.SIGKILL)
    if event == "open" and not isinstance(told[0], int):
        path = os.path.abspath(os.fsdecode(told[0]))
        seen += path.startswith(folder + "/out") and bool(told[2] & (os.O_WRONLY | os.O_RDWR))
sys.addaudithook(watch)
from arenainstruct.runs.cli import main
main()
"""
"""Ends a command by the first thing it does once it has opened the n-th file of what it writes."""
COMMANDS = {
    "export --to": ("export", "run-1", "--to", "out"),
    "export --html-folder": ("export", "run-1", "--html-folder", "out"),
    "replay --to": ("replay", "run-1", "--to", "out"),
    "new skill": ("new", "skill", "short_facts", "--prompts", "--to", "out"),
}
DATABASES = (".sqlite", ".sqlite-wal", ".sqlite-shm", "result.json")
"""What is in other bytes each time it is made."""


def _command(folder: Path, kill: int, words: tuple[str, ...]) -> int:
    given = [folder.parent / word if word == "run-1" else word for word in words]
    folder.mkdir(exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(kill), *map(str, given)], cwd=folder, capture_output=True
    )
    return done.returncode


def _files(folder: Path) -> dict[str, bytes]:
    """Return what stands under a name of its own, and is in the same bytes each time it is made."""
    found = (path for path in (folder / "out").rglob("*") if path.is_file())
    named = {str(path.relative_to(folder)): path for path in found}
    return {
        name: path.read_bytes()
        for name, path in named.items()
        if "/." not in name and not name.endswith(DATABASES)
    }


def _killed(folder: Path) -> str:
    """Return the commands that leave a half file behind, or do not work again."""
    made = ("run", "--run-id", "run-1", "--runs-dir", str(folder), *_SMALL)
    subprocess.run([sys.executable, "-m", "arenainstruct.runs", *made], check=True)
    wrong = list[str]()
    for number, (what, words) in enumerate(COMMANDS.items()):
        here = folder / str(number)
        ended, left = _command(here, 2, words), _files(here)
        again, whole = _command(here, -1, words), _files(here)
        if (ended, again) != (-9, 0) or not whole or not left.items() <= whole.items():
            wrong.append(f"{what} ({ended}, {again})")
    return ", ".join(wrong) or f"{len(COMMANDS)} commands, nothing half"


ATTACKS = [
    Attack(
        "kill: -9 in the middle of commands that write files",
        _killed,
        (f"{len(COMMANDS)} commands, nothing half",),
        300,
    )
]
