"""Documents that open to far more than they are, among two that are sound."""

import os
from functools import partial
from pathlib import Path

from arenainstruct.agents.records import Seed
from arenainstruct.runs.seeds import SeedReject, SeedSettings, iter_sources, process, read_seeds
from tests.attack.attack import Attack
from tests.bombs import BOMBS

SOUND = "The mill stands where the river bends, and its wheel has turned since the spring of {}. "
SECONDS = 20
"""Of processor time that one document may take here; all else is as a user has it."""


def _read(name: str, folder: Path) -> str:
    """Return what became of the bomb, where both sound documents were read."""
    write, _ = BOMBS[name]
    write(folder / name)
    for sound, year in (("a.txt", 1750), ("z.txt", 1890)):
        (folder / sound).write_text("".join(SOUND.format(year + n) for n in range(5)))
    settings = SeedSettings.model_validate(
        {"path": str(folder), "near_duplicate": 1.0, "limits": {"seconds": SECONDS}}
    )
    found = list(read_seeds(settings))
    seeds = [item.name for item in found if isinstance(item, Seed)]
    rejects = [item.reason for item in found if not isinstance(item, Seed)]
    if seeds != ["a.txt", "z.txt"] or len(rejects) != 1:
        return f"{len(seeds)} seeds, {len(rejects)} rejects"
    return f"one reject: {rejects[0]}"


def _long(folder: Path) -> str:
    """Return whether every text of 200 KB that looks like the start of something came to an end."""
    for name, unit in LONG.items():
        (folder / name).write_text(unit * (200_000 // len(unit)))
    found = list(read_seeds(SeedSettings.model_validate({"path": str(folder), "min_chars": 1})))
    slow = [item.name for item in found if getattr(item, "reason", "") in ("too_slow", "crashed")]
    read = {item.name.partition("#")[0] for item in found}
    return f"too slow: {', '.join(slow)}" if slow else f"{len(LONG) - len(read)} without an outcome"


def _swapped(folder: Path) -> str:
    """Return what became of a document whose place a pipe takes once it is listed."""
    (folder / "a.txt").write_text(SOUND.format(1750))
    (source,) = iter_sources(str(folder))
    (folder / "a.txt").unlink()
    os.mkfifo(folder / "a.txt")
    (found,) = process.read_file(source, SeedSettings(path=str(folder)).wanted())
    return f"one reject: {found.reason}" if isinstance(found, SeedReject) else "a seed"


LONG = {
    **{"a.html": "<div class=menu>", "b.html": "<a x=1 ", "c.html": "<!--", "d.html": "<li>x"},
    **{"a.tex": "\\emph{", "b.tex": "$", "c.tex": "\\begin{math}", "d.tex": "\\section["},
    **{"a.csv": '"x\n', "b.csv": '"', "c.csv": "'a,b\n", "a.md": "![a](data:image/png;base64,"},
    **{
        "b.md": "```\n",
        "a.rst": ":a:`",
        "b.rst": "=\n",
        "a.py": "(",
        "b.py": "-",
        "a.txt": "A: b\n",
    },
}


ATTACKS = [
    Attack("a pipe in the place of a listed document", _swapped, ("one reject: unreadable",), 60),
    Attack("documents of 200 KB that begin and never end", _long, ("0 without an outcome",), 60),
    *(
        Attack(
            f"document {name}",
            partial(_read, name),
            tuple(f"one reject: {reason}" for reason in (*reasons.split(" or "), "too_slow")),
            memory_mib=2304,
        )
        for name, (_, reasons) in BOMBS.items()
    ),
]
