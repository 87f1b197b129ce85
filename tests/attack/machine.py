"""What a machine does to a command: signals, streams nobody reads, and others that do the same at once."""

import os
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.attack.attack import Attack

_LONG_S = 300
_SMALL = ("--limit", "1", "--set", "rounds=1", "--set", "skills=[text_modification]")


def _begun(folder: Path, *words: str, **how: Any) -> "subprocess.Popen[str]":
    given = (sys.executable, "-m", "arenainstruct.runs", *words, "--runs-dir", str(folder))
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(given, **{**told, **how})


def _ended(process: "subprocess.Popen[str]") -> str:
    """Return how a command ended, in a few words."""
    said = process.communicate()[0] or ""
    return "a traceback" if "Traceback" in said else f"exit {process.returncode}"


def _run(folder: Path, **how: Any) -> "subprocess.Popen[str]":
    return _begun(folder, "run", "--run-id", "small-1", *_SMALL, **how)


def _resumed(folder: Path) -> str:
    return _ended(_begun(folder, "resume", "small-1"))


def _signalled(number: signal.Signals, folder: Path) -> str:
    process = _run(folder)
    while process.poll() is None and not (folder / "small-1" / "checkpoints.sqlite").exists():
        time.sleep(0.05)
    process.send_signal(number)
    return f"{_ended(process)}, then {_resumed(folder)}"


def _unread(folder: Path) -> str:
    with open("/dev/full", "w") as full:
        first = _ended(_run(folder, stdout=full, stderr=full))
    return f"{first}, then {_resumed(folder)}"


def _at_once(folder: Path) -> str:
    several = [_run(folder) for _ in range(3)]
    return ", ".join(sorted(map(_ended, several)))


def _short_of(what: int, most: int, folder: Path) -> str:
    """Run under a limit of the machine's, then without."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(what, (most, most))

    first = _ended(_run(folder, preexec_fn=limit))
    return f"{first}, then {_resumed(folder)}"


def _narrow(folder: Path) -> str:
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "1"}
    return _ended(_run(folder, env=narrow))


ATTACKS = [
    *(
        Attack(
            f"machine: {number.name} while it runs",
            partial(_signalled, number),
            ("exit 130, then exit 0",),
            _LONG_S,
        )
        for number in (signal.SIGTERM, signal.SIGHUP)
    ),
    Attack("machine: output on a full disk", _unread, ("exit 3, then exit 0",), _LONG_S),
    Attack(
        "machine: files of 600 KiB at most",
        partial(_short_of, resource.RLIMIT_FSIZE, 600 << 10),
        ("exit 3, then exit 0",),
        _LONG_S,
    ),
    Attack("machine: a terminal of ASCII, one column wide", _narrow, ("exit 0",), _LONG_S),
    Attack(
        "machine: three starts of one run at once", _at_once, ("exit 0, exit 2, exit 2",), _LONG_S
    ),
]
