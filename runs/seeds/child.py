"""The process that reads files: requests come by its standard input, frames of JSON go by its output.

It imports the parsers and little else, and is started by `process.py`, without the environment's
secrets. Whatever goes wrong in a document costs that document: an error is a reject, by the one boundary
around all that is done to it (opening, decoding, parsing, cleaning, splitting, and writing it down); what
takes too long or too much memory ends the process, and nothing else.
"""

import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import orjson

from ...agents.errors import EpisodeError, UserError, boundary
from ...tools.tables import TooLarge
from .api import split_api
from .cleaning import printable
from .document import Document, SeedReject, Unusable, Wanted
from .parts import split_code, split_text
from .reading import finished, read_documents
from .source import Source

IDLE_S = 20
"""Seconds without a request after which it ends."""
_MIB = 1 << 20
Word = Literal["ready", "begun", "seeds", "reject", "wrong", "end"]
"""How a frame begins: the process has started; a document was opened; its parts; a reject; a fault
of the user; the file has no more."""
LONGEST = 500
"""Characters of a title, a licence and the like: each part of a document repeats them."""


def request(source: Source, wanted: Wanted, skip: int) -> bytes:
    """Return what asks for a file; names that are no UTF-8 are kept."""
    # The process may be older than the folder that we work in now.
    places = {"path": str(source.path.absolute()), "root": str(source.root.absolute())}
    told = asdict(source) | places
    return json.dumps([told, asdict(wanted), skip]).encode()


def main() -> None:
    """Answer requests until there are no more."""
    requests = Connection(os.dup(0), writable=False)
    answers = Connection(os.dup(1), readable=False)
    answers.send_bytes(frame("ready"))
    _quiet()
    with suppress(EOFError, BrokenPipeError):
        while requests.poll(IDLE_S):
            _answer(json.loads(requests.recv_bytes()), answers)


def _quiet() -> None:
    """Let no parser read what comes or write into what goes; a crash leaves no core on the disk."""
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(asked: list[Any], answers: Connection) -> None:
    file, limits, skip = asked
    source = Source(**file | {"path": Path(file["path"]), "root": Path(file["root"])})
    wanted = Wanted(**limits)
    _limit(wanted)
    try:
        for told in contained(source, wanted, skip):
            answers.send_bytes(told)
            _clock(wanted)
    except UserError as error:
        answers.send_bytes(frame("wrong", str(error)))


def _limit(wanted: Wanted) -> None:
    """Set the limits of one request; what was limited before is limited anew."""
    _clock(wanted)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = wanted.memory_mib * _MIB
    if sys.platform != "darwin":  # which refuses this limit
        resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))


def _clock(wanted: Wanted) -> None:
    """Give the next document all the processor time of one; what runs out of it is ended."""
    signal.setitimer(signal.ITIMER_PROF, wanted.seconds)


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
    origin = document.origin
    shared = (document.title, document.language, origin.licence, origin.source)
    return [
        (
            text,
            document.kind,
            document.name + (f"#part-{number}" if numbered else ""),
            *(told[:LONGEST] for told in shared),
            origin.private,
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
