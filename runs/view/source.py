"""A run's store, opened to be read: with the viewer's own tables beside it, and never written to."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from ...agents.errors import StopRun, UserError
from ...tools.minhash import UNSPACED
from ..disk import legible
from ..folder import RunFolder
from ..store import STORE_FILE
from ..store.dialect import tells_damage
from .tables import TABLES, VERSION

INDEX = "view.sqlite"
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = OFF",
    "busy_timeout = 10000",
    "temp_store = MEMORY",
)


@dataclass(frozen=True)
class Source:
    """One run, for the viewer."""

    folder: RunFolder

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder.path / STORE_FILE

    @property
    def index(self) -> Path:
        """The viewer's own file: in the run's folder, or in a scratch folder where that is read-only."""
        beside = self.folder.path / INDEX
        if beside.exists() or _writable(self.folder.path):
            return beside
        name = blake2b(str(self.folder.path.resolve()).encode(), digest_size=10).hexdigest()
        return Path(tempfile.gettempdir()) / f"arenainstruct-view-{name}.sqlite"

    @contextmanager
    def opened(self, cache_kib: int = 8_000) -> Iterator[sqlite3.Connection]:
        """Open both files: the viewer's is `main`, the run's is `store` and read-only.

        Raises:
            UserError: the store is on a server, or missing.
            StopRun: the viewer's own file cannot be written.
        """
        if not self.store.is_file():
            raise UserError(
                f"view {self.folder.run_id}: there is no {self.store}: the run was removed, or its store is "
                "on a server, which the viewer does not read"
            )
        index = self.index
        if not index.exists():
            index.touch(mode=0o600)  # it tells what documents are about
        name = (*_identity(self.store), *_identity(index), cache_kib)
        with legible(self.store):
            try:
                connection = _kept(name) or _opened(index, self.store, cache_kib)
                try:
                    yield connection
                except BaseException:
                    connection.close()
                    raise
            except sqlite3.OperationalError as error:
                if tells_damage(error):
                    raise
                raise StopRun(
                    "disk",
                    f"{index} cannot be written: {error}; it is the viewer's own: make room, and remove it",
                ) from error
        _keep(name, connection)

    def meta(self, key: str) -> Any:
        """Return what the run noted about itself under a key, or None."""
        with legible(self.store), closing(alone(self.store)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            return orjson.loads(row[0]) if row else None


_Name = tuple[int, ...]
_MOST_KEPT = 6
_IDLE: dict[_Name, list[sqlite3.Connection]] = {}
_LOCK = Lock()


def _kept(name: _Name) -> sqlite3.Connection | None:
    """Return an open connection that nobody uses.

    The first one that opens a store after a crash reads its whole log; later ones should not.
    """
    with _LOCK:
        idle = _IDLE.get(name)
        return idle.pop() if idle else None


def _keep(name: _Name, connection: sqlite3.Connection) -> None:
    """Keep a connection for the next one who asks; the oldest kept ones are closed."""
    with _LOCK:
        _IDLE.setdefault(name, []).append(connection)
        while sum(map(len, _IDLE.values())) > _MOST_KEPT:
            oldest = next(key for key, idle in _IDLE.items() if idle)
            _IDLE[oldest].pop(0).close()
        for key in [key for key, idle in _IDLE.items() if not idle and key != name]:
            del _IDLE[key]


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _opened(index: Path, store: Path, cache_kib: int) -> sqlite3.Connection:
    connection = sqlite3.connect(index, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.create_function("apart", 1, apart, deterministic=True)
    for pragma in (*_PRAGMAS, f"cache_size = -{cache_kib}"):
        connection.execute(f"PRAGMA {pragma}")
    _made(connection)
    connection.execute("ATTACH ? AS store", (to_read(store),))
    return connection


def apart(text: str) -> str:
    """Return a text as it is taken in to be searched: what stands between blanks is a word.

    Scripts that set none between words are taken in letter by letter, or a sentence would be one word.
    """
    return text if text.isascii() else UNSPACED.sub(r" \g<0> ", text)


def to_read(store: Path) -> str:
    """Return the address under which SQLite opens a store's file to be read only.

    In a folder that takes no file, SQLite cannot make those beside the store by which readers and a writer
    agree; nobody writes there, so it reads without them, unless a log beside the store holds more than it.
    """
    path = store.resolve()
    log = path.with_name(f"{path.name}-wal")
    still = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    return f"{path.as_uri()}?mode=ro{'&immutable=1' if still else ''}"


def alone(store: Path) -> sqlite3.Connection:
    """Open a store's file by itself, read-only."""
    connection = sqlite3.connect(to_read(store), uri=True)
    connection.execute("PRAGMA busy_timeout = 10000")
    return connection


def _made(connection: sqlite3.Connection) -> None:
    """Make the viewer's tables, anew where they are those of another version."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "AND name NOT LIKE 'texts_%'"
        )
        for (name,) in names.fetchall():
            connection.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
