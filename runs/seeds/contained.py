"""One file to its seeds, as frames of JSON: whatever goes wrong in a document costs that document.

This is the one boundary around everything that is done to a document: opening, decoding, parsing,
cleaning, splitting, and writing it down in the form in which it leaves the process that reads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Literal

import orjson

from ...agents.errors import EpisodeError, boundary
from ...tools.tables import TooLarge
from .api import split_api
from .cleaning import printable
from .document import Document, SeedReject, Unusable, Wanted
from .parts import split_code, split_text
from .reading import finished, read_documents
from .source import Source

Word = Literal["ready", "begun", "seeds", "reject", "wrong", "end"]
"""How a frame begins: the process has started; a document was opened; its parts; a reject; a fault
of the user; the file has no more."""
LONGEST = 500
"""Characters of a title, a licence and the like: each part of a document repeats them."""


def contained(source: Source, wanted: Wanted, skip: int = 0) -> Iterator[bytes]:
    """Yield what a file holds, without its first documents where `skip` says so.

    Raises:
        UserError: a manifest beside the file is wrong.
    """
    found = islice(read_documents(source, wanted), skip, None)
    room = _Room(source, wanted)
    rejects: list[SeedReject] = []
    while True:
        document: Document | SeedReject | None = None
        with _turned(source.name, rejects):
            document = next(found, None)
        if isinstance(document, Document):
            yield frame("begun", document.name)
            written = b""
            with _turned(document.name, rejects):
                written = room.written(_parts(source, document, wanted))
            if written:
                yield written
        elif document is not None:
            rejects.append(document)
        for reject in rejects:
            yield frame("reject", reject.name, reject.reason, printable(reject.detail)[:LONGEST])
        if document is None or room.spent():
            break
        rejects.clear()
    yield frame("end")


class _Room:
    """How much the documents of one file may still hold."""

    def __init__(self, source: Source, wanted: Wanted) -> None:
        self._most = max(wanted.output_mib << 20, 100 * source.size)
        self._left = self._most

    def spent(self) -> bool:
        """Whether nothing of the file can be taken any more."""
        return self._left < 0

    def written(self, parts: list[tuple[str, ...]]) -> bytes:
        """Return the parts of a document as a frame.

        Raises:
            Unusable: the file has opened to too much.
        """
        told = frame("seeds", parts)
        self._left -= len(told)
        if self._left < 0:
            raise Unusable(
                "too_large",
                f"the file opens to more than {self._most >> 20} MiB; split it, or raise "
                "seeds.limits.output_mib",
            )
        return told


@contextmanager
def _turned(name: str, rejects: list[SeedReject]) -> Iterator[None]:
    """Turn whatever goes wrong into one reject that names the exception and what it says."""
    try:
        with boundary(EpisodeError, "cannot be read"):
            yield
    except Unusable as problem:
        rejects.append(SeedReject(name, problem.reason, str(problem)))
    except EpisodeError as problem:
        reason = "too_large" if isinstance(problem.__cause__, TooLarge) else "unreadable"
        rejects.append(SeedReject(name, reason, str(problem)))


def frame(word: Word, *told: object) -> bytes:
    """Return one thing to tell."""
    return orjson.dumps([word, *told])


def _parts(source: Source, found: Document, wanted: Wanted) -> list[tuple[str, ...]]:
    """Return the parts of one document, numbered where there are several, with what all share."""
    document = finished(source, found)
    texts = _split(document, wanted.max_chars)
    numbered = len(texts) > 1
    shared = (document.title, document.language, document.licence, document.source)
    return [
        (
            text,
            document.kind,
            document.name + (f"#part-{number}" if numbered else ""),
            *(told[:LONGEST] for told in shared),
            document.private,
        )
        for number, text in enumerate(texts, 1)
    ]


def _split(document: Document, limit: int) -> list[str]:
    """Split by the structure of the kind; a table was cut by rows while it was read."""
    if document.kind == "table":
        return [document.text]
    if document.kind == "code":
        return split_code(document.text, document.language, limit)
    if document.kind == "api":
        return split_api(document.text, limit)
    return split_text(document.text, limit)
