"""The gym's test: tasks that no run sees, uniform over leaves and levels, answered by a target's weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ...agents.models.causal import Causal, Prompt
from ...agents.models.chat import rendered
from . import tasks

BATCH, LONGEST = 125, 12


@dataclass(frozen=True)
class Test:
    """One task of the test."""

    leaf: str
    level: int
    task: str
    answer: str


@dataclass(frozen=True)
class Score:
    """What a model came to: the share right in each leaf at each level, as `leaf/level`."""

    cells: Mapping[str, float]

    def mean(self, part: str = "") -> float:
        """Return the mean over all cells, or over those of a leaf (`add/`) or a level (`/3`)."""
        found = [share for cell, share in self.cells.items() if part in f"{cell}"]
        return sum(found) / len(found)


def test_set(each: int, seed: int = 0) -> list[Test]:
    """Return so many different tasks of each leaf at each level; the same ones every time."""
    random, found = Random(f"test/{seed}"), list[Test]()
    for leaf in tasks.LEAVES:
        for level in tasks.LEVELS:
            for _ in range(each):
                item = tasks.kept_item(leaf, level, random)
                found.append(Test(leaf, level, item.task, item.terms[0]))
    return found


def measured(folder: str | Path, tests: Sequence[Test]) -> Score:
    """Let a model take the test."""
    causal = Causal.opened(str(folder), "auto", BATCH)
    by_bucket: dict[tuple[int, int], list[tuple[Prompt, Test]]] = {}
    for test in tests:
        text = rendered(causal.tokenizer, [{"role": "user", "content": test.task}], reply=True)
        ids = tuple(causal.tokenizer(text, add_special_tokens=False)["input_ids"])
        prompt = Prompt(ids, 0.0, 0, LONGEST)
        by_bucket.setdefault(prompt.bucket, []).append((prompt, test))
    right: dict[str, list[bool]] = {f"{t.leaf}/{t.level}": [] for t in tests}
    for pairs in by_bucket.values():
        for start in range(0, len(pairs), BATCH):
            part = pairs[start : start + BATCH]
            written = causal.write([prompt for prompt, _ in part])
            for one, (_, test) in zip(written, part, strict=True):
                right[f"{test.leaf}/{test.level}"].append(one.text.strip() == test.answer)
    causal.free()
    return Score({cell: round(sum(found) / len(found), 4) for cell, found in right.items()})
