"""The process that reads files: requests come by its standard input, frames go by its output.

It imports the parsers and little else, and is started by `process.py`, without the environment's
secrets. A document that takes too long or too much memory ends it, and nothing else.
"""

import json
import os
import resource
import signal
import sys
import warnings
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ...agents.errors import UserError
from .contained import contained, frame
from .document import Wanted
from .source import Source

IDLE_S = 20
"""Seconds without a request after which it ends."""
_MIB = 1 << 20


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
