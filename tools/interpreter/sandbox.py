"""The local sandbox: bubblewrap around a Python of this machine.

Inside there is no network, no home, no environment, nothing of the host to write to: a read-only `/usr`, a
private `/tmp` of limited size, an own process tree that ends with the call, and no capability. The limit on
processes counts by user, so a run by root gives every sandbox a user number of its own. A worker stands in a
session of its own: a Ctrl-C on the terminal is for the run to handle.

Which calls of the kernel code in the sandbox cannot make, as a seccomp program for bubblewrap.

What is refused: memory that no limit counts (`memfd_create`, System V's segments and queues), namespaces of
its own, in which a file system could be mounted that has no size, and doors that nothing in Python needs.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..settings import InterpreterSettings


class _Machine(NamedTuple):
    audit: int
    """How the kernel writes the architecture."""
    column: int
    clone: int


_MACHINES = {
    "x86_64": _Machine(0xC000_003E, 0, 56),
    "aarch64": _Machine(0xC000_00B7, 1, 220),
    "riscv64": _Machine(0xC000_00F3, 1, 220),
}
_REFUSED = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "fsopen": (430, 430),
    "open_tree": (428, 428),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "open_by_handle_at": (304, 265),
}
_CLONE3 = 435
"""Its flags stand in memory, where a filter does not see: libraries go on with `clone` where it is absent."""
_NEW_USER = 0x1000_0000
_X32 = 0x4000_0000
_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOWED, _FAILS = 0x7FFF_0000, 0x0005_0000
_EPERM, _ENOSYS = 1, 38


def program() -> bytes:
    """Return the filter; empty on a machine whose numbers are not known here."""
    machine = _MACHINES.get(os.uname().machine)
    if machine is None:
        return b""
    refuse, lack = _line(_RETURN, _FAILS | _EPERM), _line(_RETURN, _FAILS | _ENOSYS)
    lines = [_line(_LOAD, _ARCHITECTURE), _line(_EQUAL, machine.audit, 1, 0), lack]
    lines += [_line(_LOAD, _NUMBER), _line(_AT_LEAST, _X32, 0, 1), lack]
    lines += [_line(_EQUAL, _CLONE3, 0, 1), lack]
    lines += _each((numbers[machine.column] for numbers in _REFUSED.values()), refuse)
    lines += [_line(_EQUAL, machine.clone, 0, 3), _line(_LOAD, _FIRST_ARGUMENT)]
    lines += [_line(_ANY_OF, _NEW_USER, 0, 1), refuse, _line(_RETURN, _ALLOWED)]
    return b"".join(lines)


def _each(numbers: Iterable[int], then: bytes) -> list[bytes]:
    return [line for number in numbers for line in (_line(_EQUAL, number, 0, 1), then)]


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Return an instruction; a jump skips so many."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


_WORKER = Path(__file__).with_name("worker.py")
_FIRST_USER, _USERS = 61_000, 4_000
_USER_NUMBERS = itertools.count(os.getpid() * 61)
"""Begins elsewhere in each process, so that runs beside each other share no limit."""
_MB = 1024 * 1024
_CPU_S = 3600
"""CPU seconds of a whole session; one call is ended by the clock."""
_SHARED = ("/lib", "/lib64", "/bin", "/sbin")


class NoSandbox(RuntimeError):
    """There is nothing to run model-written code in; says what to install."""


@dataclass(frozen=True, slots=True)
class Place:
    """A command that runs Python in a sandbox, or without one, and as whom."""

    command: tuple[str, ...]
    user: int | None = None
    """A user number of its own; None: the one that runs the project."""
    calls: bytes = b""
    """A filter of kernel calls, which the command reads from the descriptor that follows `--seccomp`."""


def place(settings: InterpreterSettings) -> Place:
    """Return how a worker is started here.

    Raises:
        NoSandbox: bubblewrap is missing, and the settings do not say `unsafe`.
    """
    source = _WORKER.read_text(encoding="utf-8")
    root = os.geteuid() == 0
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        if not settings.unsafe:
            raise NoSandbox(
                "no sandbox for model-written code: install bubblewrap (`apt install bubblewrap`), or set "
                "tools.interpreter.backend to e2b; tools.interpreter.unsafe: true runs it without a sandbox"
            )
        return Place((sys.executable, "-I", "-c", source, _limits(settings, processes=0)))
    python = _python(root)
    user = _FIRST_USER + next(_USER_NUMBERS) % _USERS if root else None
    wall = [bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    wall += ["--cap-drop", "ALL", "--ro-bind", "/usr", "/usr", "--dev", "/dev"]
    for link in map(Path, _SHARED):
        if link.is_symlink():
            wall += ["--symlink", os.readlink(link), str(link)]
        elif link.is_dir():
            wall += ["--ro-bind", str(link), str(link)]
    if not python.is_relative_to("/usr"):
        wall += ["--ro-bind", str(python.parents[1]), str(python.parents[1])]
    for room in ("/tmp", "/dev/shm"):
        wall += ["--size", str(settings.disk_mb * _MB), "--tmpfs", room]
    wall += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    for name, value in (("PATH", "/usr/bin:/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8")):
        wall += ["--setenv", name, value]
    wall += ["--setenv", "PYTHONHASHSEED", "0"]
    limits = _limits(settings, processes=settings.processes)
    return Place((*wall, "--", str(python), "-I", "-c", source, limits), user, program())


async def start(settings: InterpreterSettings, folder: str) -> asyncio.subprocess.Process:
    """Start a worker; without a sandbox it works in `folder`.

    Raises:
        NoSandbox: there is none to start it in.
    """
    where = place(settings)
    with contextlib.ExitStack() as closing:
        command, given = where.command, tuple[int, ...]()
        if where.calls:
            given = (_pipe(where.calls, closing),)
            command = (command[0], "--seccomp", str(given[0]), *command[1:])
        return await _started(command, where.user, folder, given)


def _pipe(said: bytes, closing: contextlib.ExitStack) -> int:
    """Return a descriptor to read a few bytes from."""
    reading, writing = os.pipe()
    closing.callback(os.close, reading)
    with os.fdopen(writing, "wb") as file:
        file.write(said)
    return reading


async def _started(
    command: tuple[str, ...], user: int | None, folder: str, given: tuple[int, ...]
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={},
        limit=16 * _MB,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        pass_fds=given,
        start_new_session=True,
    )


def _limits(settings: InterpreterSettings, *, processes: int) -> str:
    return ",".join(
        map(
            str,
            (settings.memory_mb * _MB, settings.disk_mb * _MB, processes, _CPU_S, settings.output),
        )
    )


def _python(root: bool) -> Path:
    """Return the Python inside: the machine's own, else the one that runs this, where others may read it."""
    own = Path(sys.base_prefix) / "bin" / "python3"
    found = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if found:
        return Path(found)
    if root and not os.access(own, os.X_OK):
        raise NoSandbox(f"no sandbox for model-written code: {own} cannot be read by another user")
    return own
