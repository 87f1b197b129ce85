"""Which calls of the kernel code in the sandbox cannot make, as a seccomp program for bubblewrap.

What is refused: memory that no limit counts (`memfd_create`, System V's segments and queues), namespaces of
its own, in which a file system could be mounted that has no size, and doors that nothing in Python needs.
"""

import os
import struct
from collections.abc import Iterable
from typing import NamedTuple


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
