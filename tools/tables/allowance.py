"""What a file may open to: so much, or a hundred times its own size where that is more.

Text packs to a fifth or a twentieth. What opens to more than a hundred times its size is made to fill
a disk or a memory, or repeats itself so much that nobody misses it.
"""

import io
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from .table import TooLarge

LEAST = 64 << 20
"""Bytes that any file may open to."""
TIMES = 100
ROOM = 512 << 20
"""Bytes of memory that any table may take at once beyond what this process holds already."""
ROOM_TIMES = 16
"""The same in sizes of the file, where that is more."""
SHORT = 4 << 20
"""Characters of JSON that need no weighing."""
VALUE = 100
"""Bytes that a value of JSON takes once it is parsed, its text not counted."""
T = TypeVar("T", str, bytes)
_limiting = RLock()
"""The limit of memory is the whole process's: one table at a time sets it."""


class Allowance:
    """Bytes, or what stands for bytes, that a file may still open to."""

    def __init__(self, path: Path, least: int = LEAST) -> None:
        self._path = path
        self._size = os.stat(path).st_size
        self._most = self._left = max(least, TIMES * self._size)

    def spend(self, count: int) -> None:
        """Take some off.

        Raises:
            TooLarge: it is spent; the message names the file, both sizes and the next move.
        """
        self._left -= count
        if self._left < 0:
            raise self._refusal(self._most)

    def hold(self, count: int) -> None:
        """Refuse what would take so many bytes of memory at once, where that is more than it may.

        Raises:
            TooLarge: it is more.
        """
        if count > self._room:
            raise self._refusal(self._room)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep what is done inside to the memory that it may take, whatever the file says of itself.

        Raises:
            TooLarge: it asked for more.
        """
        try:
            with _limiting, _memory(self._room):
                yield
        except MemoryError as error:
            raise self._refusal(self._room) from error

    @property
    def _room(self) -> int:
        return max(ROOM, ROOM_TIMES * self._size)

    def _refusal(self, most: int) -> TooLarge:
        return TooLarge(
            f"{self._path}: opens to more than {told(most)}, from {told(self._size)}; "
            "where you trust it, write it out unpacked, or split it"
        )


@contextmanager
def _memory(more: int) -> Iterator[None]:
    """Let this process take so many bytes more; macOS knows no such limit."""
    if sys.platform == "darwin":
        yield
        return
    limits = soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most if soft < 0 else min(most, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def weighed(text: T, path: Path) -> T:
    """Return JSON that is parsed at once, unless its values would take too much memory.

    Raises:
        TooLarge: they would; of brackets and commas alone are made hundreds of times their length.
    """
    if len(text) > SHORT:
        marks = ("[", "{", ":", ",")
        count = text.count if isinstance(text, str) else lambda mark: text.count(mark.encode())
        Allowance(path).hold(2 * len(text) + VALUE * sum(map(count, marks)))
    return text


def bounded(file: Any, path: Path) -> io.BufferedReader:
    """Return what a packed file holds, from the file that unpacks it, as far as its allowance goes."""
    return io.BufferedReader(_Unpacked(file, Allowance(path)), 1 << 18)


class _Unpacked(io.RawIOBase):
    def __init__(self, file: Any, allowance: Allowance) -> None:
        self._file, self._allowance = file, allowance

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._allowance.spend(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def told(size: int) -> str:
    """Return a number of bytes in words."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size //= 1024
    return f"{size:,} {unit}"
