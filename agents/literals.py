"""What a text must hold for a pattern to match it: a cheap look before an expensive search.

Patterns of orders are many, and hardly any sentence of an ordinary answer comes near one: to look for
a few plain strings first makes reading an answer several times faster, and changes no finding.
"""

import re
from functools import cached_property
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

LONGEST = 80
"""Alternatives beyond which looking for each takes as long as the search."""


Strings = tuple[str, ...]
"""Lower case; a text must hold one of them."""


class Sieve:
    """A pattern, case aside, behind the strings that a text must hold for it to match."""

    def __init__(self, pattern: str, flags: int = re.IGNORECASE) -> None:
        self._source, self._flags = pattern, flags

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when a text first comes near it."""
        return re.compile(self._source, self._flags)

    @cached_property
    def needed(self) -> tuple[Strings, ...]:
        """Of each of these a text must hold one, the rarest looked for first; none where none can be told."""
        return needed(self._source, self._flags)

    def may_match(self, lowered: str) -> bool:
        """Return False where a lower-case text cannot match; True says nothing."""
        for strings in self.needed:
            for one in strings:  # a loop, since a generator takes longer to start than to run
                if one in lowered:
                    break
            else:
                return False
        return True


def needed(pattern: str, flags: int = re.IGNORECASE) -> tuple[Strings, ...]:
    """Return sets of lower-case strings; every match holds at least one string of each."""
    found = {frozenset(s) for s in _of_sequence(parser.parse(pattern, flags)) if len(s) <= LONGEST}
    return tuple(tuple(sorted(s)) for s in sorted(found, key=_worth, reverse=True))


def _worth(strings: frozenset[str]) -> tuple[int, int, list[str]]:
    """Prefer sets whose shortest string is long, then small ones."""
    return min(map(len, strings)), -len(strings), sorted(strings)


def _of_sequence(items: Any) -> list[frozenset[str]]:
    """Return the sets of all parts of a sequence: all of them must match."""
    found: list[frozenset[str]] = []
    run = ""
    for code, value in items:
        if code is codes.LITERAL:
            run += chr(value).lower()
            continue
        found += [frozenset({run})] * bool(run) + _of_part(code, value)
        run = ""
    return found + [frozenset({run})] * bool(run)


def _of_part(code: Any, value: Any) -> list[frozenset[str]]:
    if code is codes.SUBPATTERN:
        return _of_sequence(value[3])
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and value[0] > 0:
        return _of_sequence(value[2])
    if code is codes.ASSERT and value[0] > 0:
        return _of_sequence(value[1])
    if code is codes.BRANCH:
        branches = [_of_sequence(branch) for branch in value[1]]
        if all(branches):
            return [frozenset().union(*(max(sets, key=_worth) for sets in branches))]
    return []
