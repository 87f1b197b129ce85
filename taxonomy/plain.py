"""Values as they are written: a truth value is no number, and neither is a text.

pydantic takes `true` for 1, "3" for 3 and 1 for true, where nobody meant that. 3.0 is 3; on and off are words
for true and false; and 1e-5, which YAML 1.1 reads as a text, is a number where a number is wanted.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .lines import Location

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_EXPONENT = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+")


def taken(given: Any, read: Any, loc: Location = ()) -> Iterator[tuple[Location, Any, str]]:
    """Yield the place of each value that was taken for one of another kind, the value, and what is needed.

    `read` is what was made of the data that were `given`.
    """
    if isinstance(given, Mapping) and isinstance(read, Mapping):
        for name, inner in given.items():
            if name in read:
                yield from taken(inner, read[name], (*loc, str(name)))
    elif isinstance(given, list | tuple) and isinstance(read, list | tuple):
        if len(given) == len(read):
            for number, inner in enumerate(given):
                yield from taken(inner, read[number], (*loc, number))
    elif needs := _needs(given, read):
        yield loc, given, needs


def _needs(given: Any, read: Any) -> str:
    """Return what a value has to be instead; empty where it is what was read."""
    if isinstance(read, bool):
        return "true or false" if isinstance(given, int | float) and given is not read else ""
    if not isinstance(read, int | float) or not isinstance(given, bool | str):
        return ""
    if isinstance(read, float):
        written = isinstance(given, str) and _EXPONENT.fullmatch(given)
        return "" if written else "a number"
    return "a whole number"


def unstorable(value: Any, loc: Location = ()) -> Iterator[tuple[Location, Any, str]]:
    """Yield, as above, what no store or dataset can hold: a run would find out once the money is spent."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from unstorable(name, loc)
            yield from unstorable(inner, (*loc, str(name)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from unstorable(inner, (*loc, number))
    elif isinstance(value, int) and value.bit_length() > 63:
        yield loc, value, "a number of at most 64 bits"
    elif isinstance(value, str) and _NO_TEXT.search(value):
        yield loc, value, "a text without NUL and lone surrogates"
