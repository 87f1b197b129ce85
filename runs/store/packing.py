"""Prompts are the bulk of a store: packed, they take a third of the room."""

from functools import cache
from typing import Any

LEVEL = 1
"""The quickest: about 30 µs for a prompt of 8 kB, and hardly larger than at higher ones."""
_LENGTH = 4


class Unreadable(ValueError):
    """Bytes of a store that are not what was written."""


@cache
def _codec() -> Any:
    import pyarrow

    return pyarrow.Codec("zstd", LEVEL)


def pack(text: bytes) -> bytes:
    """Return the text packed by zstd, behind its length."""
    packed: bytes = _codec().compress(text, asbytes=True)
    return len(text).to_bytes(_LENGTH) + packed


def unpack(packed: bytes) -> bytes:
    """Return the text.

    Raises:
        Unreadable: it is not what was packed.
    """
    length = int.from_bytes(packed[:_LENGTH])
    try:
        text: bytes = _codec().decompress(packed[_LENGTH:], length, asbytes=True)
    except (OSError, ValueError, MemoryError) as error:  # as pyarrow tells it
        raise Unreadable(f"a packed text: {error}") from error
    return text
