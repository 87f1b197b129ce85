"""One attack: what is done, what is promised of it, and the child process that it is done in."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDRESSES_MIB = 6144
"""What no attack may ask for, so that a broken promise does not end this machine too."""


@dataclass(frozen=True)
class Attack:
    """One attack of the list."""

    what: str
    """What is done, in a few words; its name."""
    run: Callable[[Path], str]
    """Does it in an empty folder and returns the outcome in a few words."""
    promised: tuple[str, ...]
    """Outcomes that are as promised."""
    seconds: int = 120
    """Of wall clock."""
    memory_mib: int = 1024
    """Of resident memory, in the largest of its processes."""


@dataclass(frozen=True)
class Result:
    """How an attack went."""

    attack: Attack
    outcome: str
    peak_mib: int
    seconds: float

    @property
    def held(self) -> bool:
        """Whether everything went as promised."""
        return self.outcome in self.attack.promised and self.peak_mib <= self.attack.memory_mib


def attacked(attack: Attack) -> Result:
    """Do one attack in a process of its own."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.attack", "--one", attack.what, folder],
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status, usage = _waited(child.pid, start + attack.seconds)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        told = said.read().decode(errors="replace").strip().splitlines()
    outcome = _outcome(child.returncode, told[-1] if told else "")
    return Result(attack, outcome, usage.ru_maxrss // 1024, time.monotonic() - start)


def _waited(pid: int, until: float) -> tuple[int, resource.struct_rusage]:
    """Wait for a process and end it with its children when its time is over."""
    killed = False
    while True:
        done, status, usage = os.wait4(pid, 0 if killed else os.WNOHANG)
        if done:
            return status, usage
        if time.monotonic() > until:
            os.killpg(pid, signal.SIGKILL)
            killed = True
        time.sleep(0.05)


def _outcome(code: int, last: str) -> str:
    if code == -signal.SIGKILL:
        return "ended: out of time"
    try:
        return str(json.loads(last)["outcome"])
    except (ValueError, TypeError, KeyError):
        return f"ended with {code}: {last[:100]}"


def do(attack: Attack, folder: Path) -> None:
    """Do an attack in this process, and print its outcome as the last line."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES_MIB << 20, ADDRESSES_MIB << 20))
    sys.stdout.write("\n" + json.dumps({"outcome": attack.run(folder)}) + "\n")
