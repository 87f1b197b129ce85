"""The attack list: `make attack`, or `python -m tests.attack [WORD ...]` for those with a word in them.

Each attack runs in a child process. Its line tells what was done, the outcome, the peak memory and the
seconds; the exit status is 1 where an outcome is not as promised. To add attacks, write a file with a
list `ATTACKS` beside `documents.py`, and name it here.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.attack import crashes, documents, endpoints, kills, machine, packs, tables
from tests.attack.attack import Attack, attacked, do

LISTS = {
    "documents": documents.ATTACKS,
    "tables": tables.ATTACKS,
    "endpoints": endpoints.ATTACKS,
    "packs": packs.ATTACKS,
    "crashes": crashes.ATTACKS,
    "kills": kills.ATTACKS,
    "machine": machine.ATTACKS,
}
ATTACKS: list[Attack] = [attack for found in LISTS.values() for attack in found]


def main(arguments: Sequence[str]) -> int:
    """Run the list, or one attack in this process."""
    if arguments[:1] == ["--one"]:
        do(next(attack for attack in ATTACKS if attack.what == arguments[1]), Path(arguments[2]))
        return 0
    named = [attack for name in arguments if name in LISTS for attack in LISTS[name]]
    words = [word for word in arguments if word not in LISTS]
    chosen = named + [a for a in ATTACKS if any(word in a.what for word in words)]
    chosen = chosen if arguments else ATTACKS
    wide = max(len(attack.what) for attack in chosen)
    _say(f"{'what':{wide}}  {'outcome':40}  {'MiB':>5}  {'s':>5}")
    broken = 0
    for attack in chosen:
        result = attacked(attack)
        broken += not result.held
        _say(
            f"{attack.what:{wide}}  {result.outcome:40}  {result.peak_mib:5}  {result.seconds:5.1f}"
            + ("" if result.held else f"  NOT as promised: {' or '.join(attack.promised)}")
            + (f", {attack.memory_mib} MiB" if result.peak_mib > attack.memory_mib else "")
        )
    _say(f"{len(chosen) - broken} of {len(chosen)} as promised")
    return 1 if broken else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
