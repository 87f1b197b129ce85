"""Prompts that repeat each other: alike as a whole, and in what they ask about a passage."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from difflib import SequenceMatcher

import numpy as np

from ...tools.decontamination.cosine import CharacterRule
from ...tools.decontamination.rule import Rule, Scores, nearest
from .prompt import Prompt, Removed, excerpt
from .settings import SamplingSettings


async def duplicates(prompts: Sequence[Prompt], settings: SamplingSettings) -> list[Removed]:
    """Return the prompts that repeat an earlier one, word by word or nearly; of a pair, the later.

    A long passage makes any two prompts about it alike, so where both tell their task apart, the tasks
    must be alike too. And where numbers, names or rare words differ, so does what is asked.
    """
    same = _exact(prompts)
    left = [prompt for prompt in prompts if prompt.id not in same]
    whole: Rule = CharacterRule(settings.near_duplicate)
    tasks = _TasksToo(whole, CharacterRule(settings.same_task), [p.task for p in left])
    texts = [prompt.text for prompt in left]
    matches = await nearest(_NotToldApart(tasks), texts, texts, earlier_only=True)
    for prompt, match in zip(left, matches, strict=True):
        if match.score >= whole.threshold:
            why = f"({whole.name} {match.score:.2f}, {whole.threshold:g} is enough)"
            same[prompt.id] = _repeat(prompt, left[match.row], whole.name, match.score, why)
    return [same[prompt.id] for prompt in prompts if prompt.id in same]


def _exact(prompts: Sequence[Prompt]) -> dict[str, Removed]:
    """Return the prompts that repeat an earlier one but for case and spaces."""
    first: dict[str, Prompt] = {}
    found: dict[str, Removed] = {}
    for prompt in prompts:
        earlier = first.setdefault(" ".join(prompt.text.lower().split()), prompt)
        if earlier is not prompt:
            found[prompt.id] = _repeat(prompt, earlier, EXACT, 1.0, "word by word")
    return found


def _repeat(prompt: Prompt, earlier: Prompt, rule: str, score: float, why: str) -> Removed:
    return Removed(
        prompt.id,
        "duplicate",
        f"repeats {earlier.id} {why}",
        text=excerpt(prompt),
        rule=rule,
        score=score,
        matched=earlier.id,
        matched_text=excerpt(earlier),
    )


EXACT = "exact"
"""The rule of texts that are one but for case and spaces."""


class _NotToldApart:
    """A rule that scores 0 where numbers, names or rare words tell two texts apart."""

    def __init__(self, rule: Rule) -> None:
        self.name, self.threshold = rule.name, rule.threshold
        self._rule = rule

    async def blocks(self, texts: Sequence[str], rows: Sequence[str]) -> AsyncIterator[Scores]:
        """Yield the scores, block by block."""
        telling = Telling(rows)
        start = 0
        async for scores in self._rule.blocks(texts, rows):
            for at, other in zip(*np.nonzero(scores >= self.threshold), strict=True):
                place = start + int(other)
                if place < at and telling.apart(texts[int(at)], rows[place]):
                    scores[at, other] = 0.0
            yield scores
            start += scores.shape[1]


class _TasksToo:
    """A rule on whole prompts that scores 0 where the tasks of both are known and differ."""

    def __init__(self, whole: Rule, task: Rule, tasks: Sequence[str]) -> None:
        self.name = whole.name
        self.threshold = whole.threshold
        self._whole = whole
        self._task = task
        self._tasks = tasks

    async def blocks(self, texts: Sequence[str], rows: Sequence[str]) -> AsyncIterator[Scores]:
        """Yield the scores of the prompts against themselves, block by block."""
        known = np.array([bool(task) for task in self._tasks])
        if not known.any():
            async for scores in self._whole.blocks(texts, rows):
                yield scores
            return
        tasks = self._task.blocks(self._tasks, self._tasks)
        start = 0
        async for scores in self._whole.blocks(texts, rows):
            both = known[:, None] & known[None, start : start + scores.shape[1]]
            differ = await anext(tasks) < self._task.threshold
            yield np.where(both & differ, np.float32(0), scores)
            start += scores.shape[1]


ENOUGH = 200
"""Texts from which the words of few of them are rare."""
RARE = 0.005
"""Share of the texts that a rare word stands in at most."""
SPELT = 0.75
"""Likeness of two words from which one is the other in another form or spelling."""
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_STARTS = re.compile(r"(?:^|[.!?:\n]\s{0,9}|[\"'“‘(])$")


class Telling:
    """Tells apart texts that are alike as a whole: by numbers, names, and words that are rare among them.

    For instance:

        telling = Telling(["How has AI changed work?", "How has 5G changed work?"])
        telling.apart("How has AI changed work?", "How has 5G changed work?")  # True
        telling.apart("How has AI changed work?", "How has AI changed work, please?")  # False
    """

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
