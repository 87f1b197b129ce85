"""How the patterns of orders are written: parts set apart by " … " stand in this order in a sentence."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from .literals import Sieve

Parts = tuple[Sieve, ...]

NOUN = (
    r"(?:answer|response|reply|submission|solution|speaker|debater|contestant|contender|participant"
    r"|competitor|assistant)"
)
"""What is judged here, by words that seldom mean anything else beside a verdict."""
LETTER = r"(?:\b(?-i:[AB])(?![\w'’])(?! (?-i:[A-Z]{2})))"
"""One of the two by letter; `a` is the article, and so is the A of a line in capitals."""

BRACKETS = r"\[\[(?:(?-i:[ABC])|tie|(?-i:[AB]) ?[<>=]{1,2} ?(?-i:[AB])|\d+(?:\.\d+)?)\]\]"
"""A verdict as other arenas write it; `[[0.1, 0.2]]` is a matrix."""


class Phrases:
    """Patterns of sentences: each is cut into parts that stand one after the other.

    A sentence without any of the `hints` is none of them.
    """

    def __init__(self, *patterns: str, hints: Sieve | None = None) -> None:
        self._patterns = patterns
        self._hints = hints

    def hold(self, sentence: str) -> bool:
        """Tell whether a sentence is one of them; capitals make no difference."""
        lowered = sentence.lower()
        if self._hints is not None and not self._hints.may_match(lowered):
            return False
        near = dict.fromkeys(
            parts for word, group in self._by_word.items() if word in lowered for parts in group
        )
        return any(holds(parts, sentence, lowered) for parts in near)

    @cached_property
    def _by_word(self) -> Mapping[str, Sequence[Parts]]:
        """Patterns by the strings of which a sentence must hold one: the fewest there are.

        Made when the first sentence is read: most commands read none.
        """
        found: dict[str, list[Parts]] = {}
        for pattern in self._patterns:
            parts = tuple(Sieve(part) for part in pattern.split(" … "))
            sets = [strings for part in parts for strings in part.needed]
            for word in min(
                sets, key=_looks, default=("",)
            ):  # each sentence holds the empty string
                found.setdefault(word, []).append(parts)
        return found


def _looks(strings: Sequence[str]) -> tuple[bool, int]:
    """Prefer few strings to look for, but none that stands in every other sentence."""
    return min(map(len, strings)) < 3, len(strings)


def holds(parts: Parts, sentence: str, lowered: str) -> bool:
    """Tell whether the parts stand in the sentence one after the other.

    Searched one by one, since a pattern with `.*` in it can take the square of a hostile length.
    """
    for part in parts:
        if not part.may_match(lowered):
            return False
    at = 0
    for part in parts:
        found = part.pattern.search(sentence, at)
        if found is None:
            return False
        at = found.end()
    return True
