"""Which files are there to read: a file, a folder or a glob, walked lazily in a stable order.

Whatever cannot be read is a source that says so, and the walk goes on. A link is followed where it
stays inside what the user gave, and a file that has several names there is read once.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import translate
from glob import has_magic
from itertools import islice
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from ...agents.errors import UserError

# A folder of a million files is taken in slices; a folder below this size is fully sorted.
BATCH = 10_000

_NOT_SEEDS = re.compile(
    r"\..*|~\$.*|__pycache__|node_modules|MANIFEST\.csv"
    r"|(LICEN[CS]E|COPYING|NOTICE)([.-].*)?",
    re.IGNORECASE | re.DOTALL,
)
_OF_A_RUN = ("config.yaml", "manifest.json", "lock")
"""What every run's folder holds: what a run wrote among the documents is none of them."""
_CONFUSING = re.compile(r"%(?=[0-9A-Fa-f]{2})|#(?=part-|row-)")
_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True)
class Source:
    """One file that may hold seeds."""

    path: Path
    name: str
    """The path inside what the user gave, with forward slashes; see `readable`."""
    size: int
    """Bytes."""
    root: Path
    """The folder that the name is relative to."""
    problem: str = ""
    """Why it cannot be read, where that is known already."""
    reason: str = "unreadable"
    """The slug of the problem."""


def readable(name: str) -> str:
    """Return a file name as text that can be printed, stored and turned back: no two become one.

    What is not UTF-8, does not print, or would read as a part or row number is percent-encoded as
    in URLs (`%0A` for a newline), and so is a percent sign where two hex digits follow it.
    """
    name = _CONFUSING.sub(lambda sign: quote(sign[0]), name)
    return "".join(c if c.isprintable() else quote(c, errors="surrogateescape") for c in name)


@dataclass(frozen=True)
class _Walk:
    """What stays the same while a folder is walked."""

    root: Path
    follow: bool = False
    """Whether links may leave the root."""
    pattern: re.Pattern[str] | None = None
    depth: int | None = None
    """How many levels to descend at most; None for all."""
    seen: set[tuple[int, int]] = field(default_factory=set)
    """Device and number of what was reached by links, or has several names: read once."""

    def wants(self, name: str) -> bool:
        """Whether a file of this name is asked for."""
        return self.pattern is None or self.pattern.match(name) is not None

    def reaches(self, path: Path, *, folder: bool) -> bool:
        """Whether the walk comes to a real path without any link."""
        inside = path.relative_to(self.root.resolve())
        if folder and self.pattern is not None:
            return False
        hidden = any(map(_NOT_SEEDS.fullmatch, inside.parts))
        return not hidden and (folder or self.wants(inside.as_posix()))

    def is_new(self, status: os.stat_result) -> bool:
        """Whether this very file or folder comes for the first time."""
        key = (status.st_dev, status.st_ino)
        new = key not in self.seen
        self.seen.add(key)
        return new


@dataclass(frozen=True)
class _Folder:
    """A folder that is being walked."""

    path: Path
    prefix: str
    """Its name as given, with a slash at its end; empty for the root."""
    entries: Iterator[os.DirEntry[str]]
    by_link: bool = False
    """Whether a link led here: its files may be reached under their own names too."""


def iter_sources(path: str, *, follow: bool = False) -> Iterator[Source]:
    """Yield the files under a file, folder or glob, in sorted slices of 10,000 entries a folder.

    With `follow`, links that leave the folder are followed too.

    Raises:
        UserError: nothing is there.
    """
    given = Path(path).expanduser()
    try:
        status = given.stat()
    except (OSError, ValueError):
        if has_magic(path):
            return _glob(PurePosixPath(given.as_posix()), follow)
        raise _missing(path, path) from None
    if stat.S_ISDIR(status.st_mode):
        return _walk(_Walk(given, follow))
    walk = _Walk(given.parent)
    return iter([_file(walk, given, given.name, status)])


def _missing(path: str, absent: str) -> UserError:
    return UserError(
        f"seeds: {path!r} cannot be read: {absent!r} does not exist (looked from {os.getcwd()}); "
        "give a file, a folder, a glob such as 'docs/**/*.md', or a .jsonl or .parquet file"
    )


def _glob(pattern: PurePosixPath, follow: bool) -> Iterator[Source]:
    """Walk the fixed part of a glob and keep what the rest matches; `**` crosses folders."""
    cut = next(i for i, part in enumerate(pattern.parts) if has_magic(part))
    root, rest = Path(*pattern.parts[:cut]), pattern.parts[cut:]
    if not root.is_dir():
        raise _missing(str(pattern), str(root))
    depth = None if "**" in rest else len(rest) - 1
    return _walk(_Walk(root, follow, re.compile(_regex(rest), re.DOTALL), depth))


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


def _walk(walk: _Walk) -> Iterator[Source]:
    """Yield what a folder holds, depth first, with an open folder a level and no recursion."""
    stack = [_Folder(walk.root, "", _entries(walk.root))]
    while stack:
        folder = stack[-1]
        try:
            entry = next(folder.entries, None)
        except OSError as error:
            stack.pop()
            yield _problem(walk, folder.path, folder.prefix or folder.path.name, error)
            continue
        if entry is None:
            stack.pop()
            continue
        if _NOT_SEEDS.fullmatch(entry.name):
            continue
        path, name = Path(entry.path), folder.prefix + entry.name
        try:
            found = _visit(walk, folder, entry, name)
        except (OSError, RuntimeError) as error:
            found = _problem(walk, path, name, error) if walk.wants(name) else None
        if isinstance(found, _Folder):
            stack.append(found)
        elif found is not None:
            yield found


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield directory entries, sorted by name within slices of a bounded size."""
    with os.scandir(folder) as entries:
        while batch := sorted(islice(entries, BATCH), key=lambda entry: entry.name):
            yield from batch


def _visit(
    walk: _Walk, folder: _Folder, entry: os.DirEntry[str], name: str
) -> _Folder | Source | None:
    """Return the file, the folder to walk, or None for what is not asked for or comes again.

    Raises:
        OSError: it is gone, or a link that leads nowhere.
    """
    path, status = Path(entry.path), entry.stat()
    is_folder = stat.S_ISDIR(status.st_mode)
    if not is_folder and not walk.wants(name):
        return None
    if is_folder and walk.depth is not None and name.count("/") >= walk.depth:
        return None
    by_link = folder.by_link or entry.is_symlink()
    if by_link:
        real = path.resolve(strict=True)
        if real.is_relative_to(walk.root.resolve()):
            if walk.reaches(real, folder=is_folder):
                return None
        elif not walk.follow:
            problem = "a link that leaves the folder; set seeds.follow_links to read it"
            return Source(path, readable(name), 0, walk.root, problem, "outside")
    if (by_link or (not is_folder and status.st_nlink > 1)) and not walk.is_new(status):
        return None
    if is_folder and all((path / name).is_file() for name in _OF_A_RUN):
        return None
    if is_folder:
        return _Folder(path, name + "/", _entries(path), by_link)
    return _file(walk, path, name, status)


def _file(walk: _Walk, path: Path, name: str, status: os.stat_result) -> Source:
    """Return a file as a source; what is no regular file is one with a problem."""
    kind = stat.S_IFMT(status.st_mode)
    problem = "" if kind == stat.S_IFREG else f"{_SPECIAL.get(kind, 'no file')}, not a file"
    return Source(path, readable(name), status.st_size, walk.root, problem)


def _problem(walk: _Walk, path: Path, name: str, error: Exception) -> Source:
    """Return an entry that cannot be reached as a source that says why."""
    lost = path.is_symlink() and isinstance(error, FileNotFoundError)
    cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    problem = "a link to a file that does not exist" if lost else f"cannot be opened: {cause}"
    return Source(path, readable(name), 0, walk.root, problem)
