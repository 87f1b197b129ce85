"""Prompts that repeat each other: alike as a whole, and in what they ask about a passage."""

from collections.abc import AsyncIterator, Sequence

import numpy as np

from ...tools.decontamination.cosine import CharacterRule
from ...tools.decontamination.rule import Rule, Scores, nearest
from .prompt import Prompt, Removed, excerpt
from .settings import SamplingSettings
from .telling import Telling


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
