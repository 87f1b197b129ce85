"""Micro-instructions: a program writes them, at five levels, from the letters of a document.

One in eight tasks, by a hash of its text, is kept for tests: no run ever sees it.
"""

from collections.abc import Callable
from random import Random
from zlib import crc32

from ...tools.programs import Item, Wanted

LETTERS = "abcdefgh"
LEVELS = (1, 2, 3, 4, 5)
_KEPT = 8


def document(random: Random) -> str:
    """Return a small document: lines of made-up words."""
    lines = (" ".join(_word(random, random.randint(2, 7)) for _ in range(8)) for _ in range(8))
    return "\n".join(lines)


def write(wanted: Wanted) -> Item:
    """Write one instruction of a leaf with its right answer; never one that is kept for tests."""
    return _drawn(wanted, kept=False)


def kept_item(leaf: str, level: int, random: Random) -> Item:
    """Return an instruction that no run sees."""
    return _drawn(Wanted(leaf, level, document(random), random), kept=True)


def is_kept(task: str) -> bool:
    """Return whether a task is kept for tests."""
    return crc32(task.encode()) % _KEPT == 0


def _drawn(wanted: Wanted, *, kept: bool) -> Item:
    while True:
        task, answer = _MAKERS[wanted.leaf](wanted)
        if is_kept(task) == kept:
            return Item(task=task, terms=(answer,))


def _word(random: Random, length: int) -> str:
    return "".join(random.choices(LETTERS, k=length))


def _taken(wanted: Wanted, length: int) -> str:
    """Return so many letters of the document, from a place drawn."""
    letters = [c for c in wanted.text if c in LETTERS] or list(LETTERS)
    start = wanted.random.randrange(len(letters))
    return "".join(letters[(start + n) % len(letters)] for n in range(length))


def _number(random: Random, digits: int) -> int:
    return random.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)


def _copy(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + wanted.level)
    return f"copy {word}", word


def _upper(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + wanted.level)
    return f"upper {word}", word.upper()


def _reverse(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + wanted.level)
    return f"reverse {word}", word[::-1]


def _sort(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + wanted.level)
    return f"sort {word}", "".join(sorted(word))


def _count(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + 2 * wanted.level)
    letter = wanted.random.choice(word)
    return f"count {letter} in {word}", str(word.count(letter))


def _lower(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + wanted.level)
    return f"lower {word.upper()}", word


def _double(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 1 + wanted.level)
    return f"double {word}", word + word


def _last(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + 2 * wanted.level)
    return f"last of {word}", word[-1]


def _replace(wanted: Wanted) -> tuple[str, str]:
    word = _taken(wanted, 2 + wanted.level)
    old = wanted.random.choice(word)
    new = wanted.random.choice([c for c in LETTERS if c != old])
    return f"replace {old} by {new} in {word}", word.replace(old, new)


def _find(wanted: Wanted) -> tuple[str, str]:
    keys = wanted.random.sample(LETTERS, 1 + wanted.level)
    values = [wanted.random.choice("0123456789") for _ in keys]
    place = wanted.random.randrange(len(keys))
    pairs = " ".join(f"{key}{value}" for key, value in zip(keys, values, strict=True))
    return f"find {keys[place]} in {pairs}", values[place]


def _larger(wanted: Wanted) -> tuple[str, str]:
    count, digits = {1: (2, 2), 2: (2, 3), 3: (3, 2), 4: (3, 3), 5: (4, 3)}[wanted.level]
    numbers = [_number(wanted.random, digits) for _ in range(count)]
    return f"larger {' '.join(map(str, numbers))}", str(max(numbers))


def _add(wanted: Wanted) -> tuple[str, str]:
    one, two = {1: (1, 1), 2: (2, 1), 3: (2, 2), 4: (3, 2), 5: (3, 3)}[wanted.level]
    a, b = _number(wanted.random, one), _number(wanted.random, two)
    return f"add {a} {b}", str(a + b)


_MAKERS: dict[str, Callable[[Wanted], tuple[str, str]]] = {
    "copy": _copy,
    "upper": _upper,
    "find": _find,
    "count": _count,
    "larger": _larger,
    "add": _add,
    "lower": _lower,
    "double": _double,
    "last": _last,
    "reverse": _reverse,
    "sort": _sort,
    "replace": _replace,
}
LEAVES = tuple(_MAKERS)
