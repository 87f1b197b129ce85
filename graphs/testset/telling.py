"""What tells two texts apart that are alike as a whole: numbers, names, and words that are rare.

telling = Telling(["How has AI changed work?", "How has 5G changed work?"])
telling.apart("How has AI changed work?", "How has 5G changed work?")  # True
telling.apart("How has AI changed work?", "How has AI changed work, please?")  # False
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

ENOUGH = 200
"""Texts from which the words of few of them are rare."""
RARE = 0.005
"""Share of the texts that a rare word stands in at most."""
SPELT = 0.75
"""Likeness of two words from which one is the other in another form or spelling."""
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_STARTS = re.compile(r"(?:^|[.!?:\n]\s{0,9}|[\"'“‘(])$")


class Telling:
    """Tells apart texts of a collection, by how often words come in it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = Counter[str]()
        if len(texts) >= ENOUGH:
            for text in texts:
                self._texts.update({word.lower() for word in _WORD.findall(text)})
        self._most = RARE * len(texts)

    def apart(self, one: str, other: str) -> bool:
        """Tell whether what differs between two texts makes them two questions."""
        mine, yours = _words(one), _words(other)
        here = [w for w in mine if not _stands_in(w, yours)]
        there = [w for w in yours if not _stands_in(w, mine)]
        names = _telling(mine, here) or _telling(yours, there)
        return names or (self._any_rare(here) and self._any_rare(there))

    def _any_rare(self, words: Iterable[str]) -> bool:
        return any(0 < self._texts[word] <= self._most for word in words)


def _words(text: str) -> dict[str, bool]:
    """Return the words of a text in small letters, and whether each is a number or a name."""
    found: dict[str, bool] = {}
    shouted = text.isupper()
    for match in _WORD.finditer(text):
        word, before = match[0], text[: match.start()]
        numbered = any(letter.isdigit() for letter in word)
        inside = word[0].isupper() and len(word) > 1 and not _STARTS.search(before)
        named = numbered or (not shouted and (inside or word[1:].lower() != word[1:]))
        found[word.lower()] = found.get(word.lower(), False) or named
    return found


def _telling(words: dict[str, bool], different: Iterable[str]) -> bool:
    return any(words[word] for word in different)


def _stands_in(word: str, others: dict[str, bool]) -> bool:
    """Tell whether a word, or a form of it, is among others; of numbers only the very same."""
    if word in others:
        return True
    if any(letter.isdigit() for letter in word) or len(word) < 4:
        return False
    return any(SequenceMatcher(None, word, other).ratio() >= SPELT for other in others)
