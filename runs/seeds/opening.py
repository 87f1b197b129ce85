"""From bytes to text: compression, encoding and the question whether it is text at all."""

import codecs
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from .document import Unusable

# What must be held whole in memory: a bigger file belongs into JSONL or Parquet, which stream.
MAX_BYTES = 64 * 2**20

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27}) + b"\x7f"


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, through gzip where the name ends in .gz."""
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path))
    return path.open("rb")


def read_text(path: Path) -> str:
    """Return a whole file as text with plain newlines.

    Raises:
        Unusable: it is too large, empty or binary.
    """
    with open_bytes(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise Unusable("too_large", f"over {limit} MiB; split it, or make it a .jsonl file")
    if is_binary(data[:8192]):
        raise Unusable("binary", "its bytes are not text")
    return decode(data)


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file cannot be text."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        return False
    control = len(head) - len(head.translate(None, _CONTROL))
    return b"\x00" in head or head.startswith(b"%PDF-") or control > len(head) / 50


def decode(data: bytes) -> str:
    """Decode bytes by their mark, as UTF-8, or as the Western code page, which is then a guess."""
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    for candidate in (encoding, "cp1252"):
        try:
            text = data.decode(candidate)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = data.decode("latin-1")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def iter_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, one in memory at a time, each with its newline.

    Raises:
        Unusable: it is binary, or a single line is larger than what memory should hold.
    """
    with open_bytes(path) as file:
        head = file.read(8192)
        if is_binary(head):
            raise Unusable("binary", "its bytes are not text")
        file.seek(0)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            yield from codecs.getreader("utf-16")(file)
            return
        while line := file.readline(MAX_BYTES + 1):
            if len(line) > MAX_BYTES:
                raise Unusable("too_large", f"a line is over {MAX_BYTES // 2**20} MiB")
            yield decode(line)
