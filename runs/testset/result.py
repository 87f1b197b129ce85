"""A finished test set: its rows, and what happened in numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from ...graphs.testset.prompt import Chosen, Prompt, Removed


@dataclass(frozen=True)
class Asked:
    """What was asked for."""

    instructions: str
    diverse: int
    hard: int
    seed: int
    against: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClusterFact:
    """One cluster of the clean prompts."""

    cluster: int
    size: int
    chosen: int
    words: tuple[str, ...]
    """What sets it apart."""


@dataclass(frozen=True)
class SetResult:
    """The test set and how it came about."""

    asked: Asked
    prompts: Sequence[Prompt]
    """All that were read."""
    empty: int
    """Rows without a prompt."""
    training_texts: int
    chosen: Sequence[Chosen]
    removed: Sequence[Removed]
    clusters: Sequence[ClusterFact]
    rules: Sequence[tuple[str, float]]
    """The rules of decontamination and their thresholds."""
    calls: dict[str, int]
    usd: float

    def categories(self) -> list[dict[str, Any]]:
        """Return given and chosen prompts by category; empty where none has one."""
        given = Counter(p.category for p in self.prompts if p.category)
        chosen = Counter(c.prompt.category for c in self.chosen)
        return [{"category": c, "given": n, "chosen": chosen[c]} for c, n in sorted(given.items())]

    def lost(self) -> list[str]:
        """Return the categories of which no prompt is left."""
        return [c["category"] for c in self.categories() if not c["chosen"]]

    def parts(self) -> dict[str, int]:
        """Return the number of prompts by part; `both` counts for each of them."""
        count = Counter(c.part for c in self.chosen)
        return {
            "all": len(self.chosen),
            "diverse": count["diverse"] + count["both"],
            "hard": count["hard"] + count["both"],
            "both": count["both"],
        }

    def removed_by(self) -> dict[str, int]:
        """Return how many prompts were left out, by reason and rule."""
        named = (f"{r.reason} ({r.rule})" if r.rule else r.reason for r in self.removed)
        return dict(sorted(Counter(named).items()))

    def data(self) -> dict[str, Any]:
        """Return the numbers as plain data."""
        return {
            **asdict(self.asked),
            "read": len(self.prompts),
            "empty": self.empty,
            "training_texts": self.training_texts,
            "parts": self.parts(),
            "categories": self.categories(),
            "lost_categories": self.lost(),
            "clusters": [asdict(fact) for fact in self.clusters],
            "removed": self.removed_by(),
            "rules": [{"rule": name, "threshold": least} for name, least in self.rules],
            "calls": self.calls,
            "usd": round(self.usd, 6),
        }


def chosen_row(chosen: Chosen) -> dict[str, Any]:
    """Return a prompt of the set as its line in the file."""
    prompt = chosen.prompt
    row: dict[str, Any] = {
        "id": prompt.id,
        "prompt": prompt.user_turns[0],
        "turns": list(prompt.user_turns),
    }
    if any(turn.role != "user" for turn in prompt.turns):
        row["messages"] = [{"role": t.role, "content": t.content} for t in prompt.turns]
    return row | {
        "category": prompt.category,
        "cluster": chosen.cluster,
        "part": chosen.part,
        "difficulty": chosen.difficulty,
        "difficulty_reason": chosen.difficulty_reason,
        "criteria": None if chosen.criteria is None else list(chosen.criteria),
        "fields": dict(prompt.fields),
    }


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON lines; the file appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(b"".join(orjson.dumps(row, default=str) + b"\n" for row in rows))
    part.replace(path)
