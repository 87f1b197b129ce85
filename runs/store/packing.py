"""Prompts are the bulk of a store: packed, they take a third of the room."""

from functools import cache
from typing import Any

LEVEL = 1
"""The quickest: about 30 µs for a prompt of 8 kB, and hardly larger than at higher ones."""
_LENGTH = 4


@cache
def _codec() -> Any:
    import pyarrow

    return pyarrow.Codec("zstd", LEVEL)


def pack(text: bytes) -> bytes:
    """Return the text packed by zstd, behind its length."""
    packed: bytes = _codec().compress(text, asbytes=True)
    return len(text).to_bytes(_LENGTH) + packed


def unpack(packed: bytes) -> bytes:
    """Return the text."""
    length = int.from_bytes(packed[:_LENGTH])
    text: bytes = _codec().decompress(packed[_LENGTH:], length, asbytes=True)
    return text
