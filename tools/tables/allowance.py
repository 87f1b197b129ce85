"""What a file may open to: so much, or a hundred times its own size where that is more.

Text packs to a fifth or a twentieth. What opens to more than a hundred times its size is made to fill
a disk or a memory, or repeats itself so much that nobody misses it.
"""

import io
import os
from pathlib import Path
from typing import Any

from .table import TooLarge

LEAST = 64 << 20
"""Bytes that any file may open to."""
TIMES = 100


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
            raise TooLarge(
                f"{self._path}: opens to more than {told(self._most)}, from {told(self._size)}; "
                "where you trust it, write it out unpacked, or split it"
            )


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
