"""The one place where what a file system or a database says becomes an error of ours."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import orjson
from pyarrow.lib import ArrowException
from sqlalchemy.exc import DBAPIError

from ..agents.errors import ArenaInstructError, RecordConflict, StopRun, UserError
from .screen.terminal import NO_ROOM, named, program, shortage
from .store import STORE_FILE
from .store.damage import MISREAD, damage
from .store.dialect import RESTORE, tells_damage
from .store.requests import Unreadable

ADDRESS = "store.url"
"""A run's file that tells where its store is, without the password, where that is shared."""
_ILLEGIBLE = (orjson.JSONDecodeError, Unreadable)
"""What a store holds, and is not what was written."""


@contextmanager
def kept_in(folder: Path, again: str = "") -> Iterator[None]:
    """Classify what goes wrong with the files of a run's folder; `again` is how to go on, else by a resume.

    Raises:
        StopRun: a file cannot be written (no room, read-only, gone), or there is no memory; what was paid
            is in the ledger.
        UserError: a file is damaged; the message names it and what to do.
    """
    try:
        yield
    except (sqlite3.DatabaseError, DBAPIError) as error:
        said = _said(error)
        if tells_damage(said):
            raise UserError(_damage(folder, str(said))) from error
        if isinstance(said, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
            _refuse_damage(error, folder / STORE_FILE)
            raise
        raise _stop(folder, str(said), again) from error
    except (OSError, MemoryError, RuntimeError, ArrowException, StopRun) as error:
        if (stop := _stopped(error, folder, again)) is None:
            raise
        raise stop from error
    except RecordConflict as error:
        raise UserError(
            f"{folder / STORE_FILE}: {error}. Where it or {folder / 'config.yaml'} was changed by hand, "
            "put a copy of it back; where nobody did, that is a fault of ours: please report it"
        ) from error
    except ArenaInstructError:
        raise
    except MISREAD as error:
        _refuse_damage(error, folder / STORE_FILE)
        raise


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there once it is whole; what fails leaves what was there before.

    A device, a pipe or the target of a link is written to, and not replaced.

    Raises:
        OSError: it cannot be written; names the file itself.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def legible(*stores: str | Path) -> Iterator[None]:
    """Say of what is read of stores, and cannot be understood, which store is damaged and where.

    Raises:
        UserError: one is; the message names it, the row and what to do.
    """
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        _refuse_damage(error, *stores)
        if tells_damage(_said(error)):
            raise _damaged(" or ".join(map(str, stores)), _said(error)) from error
        raise
    except ArenaInstructError:
        raise
    except MISREAD as error:
        _refuse_damage(error, *stores)
        raise


def _refuse_damage(error: Exception, *stores: str | Path) -> None:
    """Raise that a row of a store is not what was written, where one is; what went wrong led here."""
    for store in stores:
        path = Path(store)
        if path.is_file() and (found := _row(path)):
            raise _damaged(path, found) from error
    if isinstance(error, _ILLEGIBLE) and stores:
        raise _damaged(stores[0], error) from error


def _row(store: Path) -> str:
    """Return the row of a store that is damaged; empty where none is, or all of the file is."""
    try:
        return damage(store)
    except sqlite3.Error:
        return ""


def _said(error: sqlite3.Error | DBAPIError) -> BaseException:
    """Return the driver's own error."""
    return (error.orig or error) if isinstance(error, DBAPIError) else error


def _damaged(store: object, said: object) -> UserError:
    return UserError(f"{store}: is damaged ({said}); {RESTORE}")


def _stopped(error: Exception, folder: Path, again: str) -> StopRun | None:
    """Return what a machine that gives too little comes to; None where an error is another one."""
    if short := shortage(error):
        return StopRun("memory", f"{short}, then {again or _again(folder)}")
    if isinstance(error, StopRun):
        told = f"{error}; mend that, then {again or _again(folder)}"
        return StopRun("disk", told) if error.reason == "store" else None
    if isinstance(error, OSError):
        ours = error.filename is not None and Path(error.filename).is_relative_to(folder)
        full = error.errno in NO_ROOM
        what = named(error) if ours else error.strerror or str(error)
        return _stop(folder, what, again, full=full) if full or ours else None
    return _stop(folder, str(error), again) if isinstance(error, ArrowException) else None


def _stop(folder: Path, what: str, again: str, *, full: bool = False) -> StopRun:
    full = full or "full" in what or "No space" in what
    move = "make room" if full else "mend that"
    return StopRun(
        "disk", f"{folder} cannot be written: {what}; {move}, then {again or _again(folder)}"
    )


def _again(folder: Path) -> str:
    """Return how to go on with what stands in a folder: it is no run before it has a store."""
    if not any((folder / name).exists() for name in (STORE_FILE, ADDRESS)):
        return "start it again (nothing was paid)"
    return f"go on with: {program()} resume {folder} (what was paid is kept)"


def _damage(folder: Path, said: str) -> str:
    """Return which files of a folder are damaged and what to do about each, in words."""
    told = []
    for path in sorted(folder.glob("*.sqlite")):
        if not (wrong := _checked(path)):
            continue
        if path.name == "store.sqlite":
            move = RESTORE
        else:
            move = (
                "remove it and resume: it is made again from the ledger, and nothing is paid twice"
            )
        told.append(f"{path}: is damaged ({wrong}); {move}")
    if not told and (row := _row(folder / STORE_FILE)):
        told.append(f"{folder / STORE_FILE}: is damaged ({row}); {RESTORE}")
    return "\n".join(told) or f"{folder}: one of its databases is damaged ({said})"


def _checked(path: Path) -> str:
    """Return what is wrong with a database, empty where nothing is."""
    try:
        with closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True)) as base:
            found = str(base.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else found.splitlines()[0]
