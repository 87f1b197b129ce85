"""Which files are there to read: a file, a folder or a glob, walked lazily in a stable order."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import translate
from glob import has_magic
from itertools import islice
from pathlib import Path, PurePosixPath

from ...agents.errors import UserError

# A folder of a million files is taken in slices; a folder below this size is fully sorted.
BATCH = 10_000

_NOT_SEEDS = re.compile(
    r"\..*|~\$.*|__pycache__|node_modules|MANIFEST\.csv"
    r"|(LICEN[CS]E|COPYING|NOTICE)([.-].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Source:
    """One file that may hold seeds."""

    path: Path
    name: str
    """The path inside what the user gave, with forward slashes."""
    size: int
    """Bytes."""
    root: Path
    """The folder that the name is relative to."""
    problem: str = ""
    """Why it cannot be read, where that is known already."""


@dataclass(frozen=True)
class _Walk:
    """What stays the same while a folder is walked."""

    root: Path
    pattern: re.Pattern[str] | None = None
    depth: int | None = None
    """How many levels to descend at most; None for all."""


def iter_sources(path: str) -> Iterator[Source]:
    """Yield the files under a file, folder or glob, in sorted slices of 10,000 entries a folder.

    Raises:
        UserError: nothing is there.
    """
    given = Path(path).expanduser()
    if given.is_dir():
        return _folder(_Walk(given), given, "", frozenset())
    if given.exists():
        return iter([Source(given, given.name, given.stat().st_size, given.parent)])
    if has_magic(path):
        return _glob(PurePosixPath(given.as_posix()))
    raise _missing(path, path)


def _missing(path: str, absent: str) -> UserError:
    return UserError(
        f"seeds: {path!r} cannot be read: {absent!r} does not exist (looked from {os.getcwd()}); "
        "give a file, a folder, a glob such as 'docs/**/*.md', or a .jsonl or .parquet file"
    )


def _glob(pattern: PurePosixPath) -> Iterator[Source]:
    """Walk the fixed part of a glob and keep what the rest matches; `**` crosses folders."""
    cut = next(i for i, part in enumerate(pattern.parts) if has_magic(part))
    root, rest = Path(*pattern.parts[:cut]), pattern.parts[cut:]
    if not root.is_dir():
        raise _missing(str(pattern), str(root))
    depth = None if "**" in rest else len(rest) - 1
    return _folder(_Walk(root, re.compile(_regex(rest)), depth), root, "", frozenset())


def _regex(parts: tuple[str, ...]) -> str:
    """Turn the parts of a glob into one expression over a path with forward slashes."""
    pieces = []
    for part in parts[:-1]:
        pieces.append("(?:[^/]+/)*" if part == "**" else _segment(part) + "/")
    last = ".*" if parts[-1] == "**" else _segment(parts[-1])
    return "".join(pieces) + last + r"\Z"


def _segment(part: str) -> str:
    """Turn one part into an expression that does not cross a slash."""
    body = translate(part).removeprefix("(?s:").removesuffix(r")\Z").removesuffix(r")\z")
    return body.replace(".*", "[^/]*")


def _folder(
    walk: _Walk, folder: Path, prefix: str, above: frozenset[tuple[int, int]]
) -> Iterator[Source]:
    """Yield what a folder holds; a folder that cannot be listed is a source with a problem."""
    try:
        status = folder.stat()
        here = (status.st_dev, status.st_ino)
        # A link back to a folder above would never end.
        if here in above:
            return
        for entry in _entries(folder):
            if not _NOT_SEEDS.fullmatch(entry.name):
                yield from _visit(walk, entry, prefix, above | {here})
    except OSError as error:
        yield Source(folder, prefix or folder.name, 0, walk.root, str(error))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield directory entries, sorted by name within slices of a bounded size."""
    with os.scandir(folder) as entries:
        while batch := sorted(islice(entries, BATCH), key=lambda entry: entry.name):
            yield from batch


def _visit(
    walk: _Walk, entry: os.DirEntry[str], prefix: str, above: frozenset[tuple[int, int]]
) -> Iterator[Source]:
    """Yield the file, or what is in the folder."""
    name, path = prefix + entry.name, Path(entry.path)
    if entry.is_dir():
        if walk.depth is None or name.count("/") < walk.depth:
            yield from _folder(walk, path, name + "/", above)
    elif walk.pattern is not None and not walk.pattern.match(name):
        return
    elif entry.is_file():
        yield Source(path, name, entry.stat().st_size, walk.root)
    elif entry.is_symlink():
        yield Source(path, name, 0, walk.root, "a link to a file that does not exist")
