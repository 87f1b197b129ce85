"""Prompts that repeat each other: alike as a whole, and in what they ask about a passage."""

from collections.abc import AsyncIterator, Sequence

import numpy as np

from ...tools.decontamination.characters import CharacterRule
from ...tools.decontamination.rule import Rule, Scores, nearest
from .prompt import Prompt, Removed, excerpt
from .settings import SamplingSettings


async def duplicates(prompts: Sequence[Prompt], settings: SamplingSettings) -> list[Removed]:
    """Return the prompts that nearly repeat an earlier one; of a pair, the later is left out.

    A long passage makes any two prompts about it alike, so where both tell their task apart, the tasks
    must be alike too.
    """
    whole: Rule = CharacterRule(settings.near_duplicate)
    rule = _TasksToo(whole, CharacterRule(settings.same_task), [p.task for p in prompts])
    texts = [prompt.text for prompt in prompts]
    matches = await nearest(rule, texts, texts, earlier_only=True)
    return [
        Removed(
            prompt.id,
            "duplicate",
            f"repeats {prompts[match.row].id} "
            f"({rule.name} {match.score:.2f}, {rule.threshold:g} is enough)",
            text=excerpt(prompt),
            rule=rule.name,
            score=match.score,
            matched=prompts[match.row].id,
            matched_text=excerpt(prompts[match.row]),
        )
        for prompt, match in zip(prompts, matches, strict=True)
        if match.score >= rule.threshold
    ]


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
