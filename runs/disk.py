"""The one place where what a file system or a database says becomes an error of ours."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
from pyarrow.lib import ArrowException
from sqlalchemy.exc import DBAPIError

from ..agents.errors import StopRun, UserError
from .screen.program import program
from .store import STORE_FILE
from .store.requests import Unreadable

_DAMAGED = ("malformed", "not a database", "disk image", "unsupported file format")
"""What SQLite says of a file that is not what it was."""
_ILLEGIBLE = (orjson.JSONDecodeError, Unreadable)
"""What a store holds, and is not what was written."""
_OTHER_STORE = "put a copy of it back, or start a new run"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Classify what goes wrong with the files of a run's folder.

    Raises:
        StopRun: a file cannot be written (no room, read-only, gone); what was paid is in the ledger.
        UserError: a file is damaged; the message names it and what to do.
    """
    try:
        yield
    except (sqlite3.DatabaseError, DBAPIError) as error:
        said = _said(error)
        if isinstance(said, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
            raise
        if _tells_damage(said):
            raise UserError(_damage(folder, str(said))) from error
        raise _stop(folder, str(said)) from error
    except OSError as error:
        ours = error.filename is not None and Path(error.filename).is_relative_to(folder)
        if error.errno not in _NO_ROOM and not ours:
            raise
        what = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
        raise _stop(folder, what, full=error.errno in _NO_ROOM) from error
    except _ILLEGIBLE as error:
        raise _damaged(folder / STORE_FILE, error) from error
    except ArrowException as error:
        raise _stop(folder, str(error)) from error


@contextmanager
def legible(store: object) -> Iterator[None]:
    """Say of what is read of a store, and cannot be understood, that the store is damaged.

    Raises:
        UserError: it is; the message names it and what to do.
    """
    try:
        yield
    except (sqlite3.DatabaseError, DBAPIError) as error:
        if not _tells_damage(_said(error)):
            raise
        raise _damaged(store, _said(error)) from error
    except _ILLEGIBLE as error:
        raise _damaged(store, error) from error


def _said(error: sqlite3.DatabaseError | DBAPIError) -> BaseException:
    """Return the driver's own error."""
    return (error.orig or error) if isinstance(error, DBAPIError) else error


def _tells_damage(said: BaseException) -> bool:
    return any(word in str(said) for word in _DAMAGED)


def _damaged(store: object, said: BaseException) -> UserError:
    return UserError(f"{store}: is damaged ({said}); {_OTHER_STORE}")


def _stop(folder: Path, what: str, *, full: bool = False) -> StopRun:
    full = full or "full" in what or "No space" in what
    move = "make room" if full else "mend that"
    return StopRun(
        "disk",
        f"{folder} cannot be written: {what}; {move}, then go on with: {program()} resume {folder} "
        "(what was paid is kept)",
    )


def _damage(folder: Path, said: str) -> str:
    """Return which files of a folder are damaged and what to do about each, in words."""
    told = []
    for path in sorted(folder.glob("*.sqlite")):
        if not (wrong := _checked(path)):
            continue
        if path.name == "store.sqlite":
            move = _OTHER_STORE
        else:
            move = (
                "remove it and resume: it is made again from the ledger, and nothing is paid twice"
            )
        told.append(f"{path}: is damaged ({wrong}); {move}")
    return "\n".join(told) or f"{folder}: one of its databases is damaged ({said})"


def _checked(path: Path) -> str:
    """Return what is wrong with a database, empty where nothing is."""
    try:
        with closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True)) as base:
            found = str(base.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else found.splitlines()[0]
