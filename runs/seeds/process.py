"""The process in which files are read, from outside: asked, watched, and started again.

It is kept for the next file, and for the next one who reads. What kills it costs one document: where
a file holds several, the others are read by its successor.
"""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import orjson

from ...agents.errors import EpisodeError, UserError
from .child import request
from .document import SeedReject, Wanted
from .source import Source

Part = tuple[str, ...]
FIELDS = ("text", "kind", "name", "title", "language", "licence", "source", "private")
"""What a part tells of a seed, in its order; of what is private, one a line."""
DEATHS = 3
"""Documents of one file that may end the process; what follows them is left out."""
PATIENCE = 20
"""Times the limit of processor time that a document may take by the clock: a disk may hang."""
GRACE_S = 5
_KEPT = (
    *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONHOME", "PYTHONUTF8"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)
"""What it gets of the environment: no key is among it."""
# Memory that no document asks for must not count: an arena a thread, a thread a core.
_SMALL = {
    **{"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
STARTS = (f"{__package__}.child",)
"""The modules that it imports; the last one has its `main`."""
_idle: list["Process"] = []


def read_file(source: Source, wanted: Wanted) -> Iterator[list[Part] | SeedReject]:
    """Yield the parts of each document of a file, or a reject.

    Raises:
        UserError: a manifest beside the file is wrong.
    """
    done = deaths = 0
    while True:
        process = _idle.pop() if _idle else Process()
        try:
            yield from process.read(source, wanted, done)
        except _Died as death:
            if not death.reason:
                continue
            done, deaths = death.done, deaths + 1
            yield SeedReject(death.name or source.name, death.reason, str(death))
            if not death.name or deaths == DEATHS:
                return
        else:
            _idle.append(process)
            return
        finally:
            if process not in _idle:
                process.close()


class _Died(EpisodeError):
    """The process ended over a document; without a reason: it had nothing to do, and ended before."""

    def __init__(self, reason: str, detail: str, name: str, done: int) -> None:
        super().__init__(detail)
        self.reason, self.name, self.done = reason, name, done


class Process:
    """One process that reads files, one after another."""

    def __init__(self) -> None:
        modules = "".join(f"import {name}; " for name in STARTS)
        start = f"import sys; sys.path[:] = {sys.path!r}; {modules}{STARTS[-1]}.main()"
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | _SMALL,
            process_group=0,  # Ctrl-C is for us to handle
        )
        assert self._process.stdin and self._process.stdout
        self._requests = Connection(os.dup(self._process.stdin.fileno()), readable=False)
        self._answers = Connection(os.dup(self._process.stdout.fileno()), writable=False)
        self._started = False
        self._process.stdin.close()
        self._process.stdout.close()

    def read(self, source: Source, wanted: Wanted, skip: int) -> Iterator[list[Part] | SeedReject]:
        """Yield what `read_file` does.

        Raises:
            _Died: it ended over a document.
        """
        name, done = "", skip
        with suppress(OSError):  # where it has ended, it says so below
            self._requests.send_bytes(request(source, wanted, skip))
        while True:
            try:
                word, *told = self._next(wanted)
            except (EOFError, OSError, ValueError):
                raise _Died(*self._last_words(wanted), name, done) from None
            if word == "ready":
                self._started = True
            elif word == "end":
                return
            elif word == "wrong":
                raise UserError(*told)
            elif word == "begun":
                (name,), done = told, done + 1
            else:
                done += not name
                name = ""
                yield told[0] if word == "seeds" else SeedReject(*told)

    def _next(self, wanted: Wanted) -> list[Any]:
        if not self._answers.poll(wanted.seconds * PATIENCE):
            self._process.send_signal(signal.SIGPROF)
        frame: list[Any] = orjson.loads(self._answers.recv_bytes())
        return frame

    def _last_words(self, wanted: Wanted) -> tuple[str, str]:
        """Return why it ended, as the reason and the detail of a reject."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        self._process.kill()
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        if not self._started:
            raise RuntimeError(f"the process that reads documents does not start ({how})")
        if not code:
            return "", ""
        if code == -signal.SIGPROF:
            return "too_slow", (
                f"reading it takes more than {wanted.seconds} s; split it, or raise "
                "seeds.limits.seconds"
            )
        return "crashed", (
            f"the process that reads it ended ({how}); its memory is limited by "
            f"seeds.limits.memory_mib={wanted.memory_mib}"
        )

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._requests.close()
        self._answers.close()
        self._process.kill()
        self._process.wait()


@atexit.register
def close_idle() -> None:
    """End the processes that wait for the next file."""
    with suppress(IndexError):
        while True:
            _idle.pop().close()
