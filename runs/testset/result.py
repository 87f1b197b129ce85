"""A finished test set: its rows, and what happened in numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from ...graphs.testset.prompt import Chosen, Prompt, Removed
from ...tools.tables import plain_name
from ..disk import write_whole


@dataclass(frozen=True)
class Asked:
    """What was asked for."""

    instructions: str
    diverse: int
    hard: int
    seed: int
    against: tuple[str, ...] = ()
    clean: bool = False
    """Whether only repeats and training rows were to be left out."""


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
    empty: tuple[int, ...]
    """Rows without a prompt."""
    training_texts: int
    chosen: Sequence[Chosen]
    removed: Sequence[Removed]
    shared: Sequence[Removed]
    """Kept although a training row holds their passage."""
    clusters: Sequence[ClusterFact]
    near_duplicate: float
    """Cosine from which a prompt repeats another."""
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
        """Return the number of prompts by part; none is in both."""
        count = Counter(c.part for c in self.chosen)
        return {"all": len(self.chosen), "diverse": count["diverse"], "hard": count["hard"]}

    def missing(self) -> dict[str, int]:
        """Return how many prompts fewer than asked each part has."""
        parts = self.parts()
        wanted = {"diverse": self.asked.diverse, "hard": self.asked.hard}
        return {part: max(0, count - parts[part]) for part, count in wanted.items()}

    def clean(self) -> int:
        """Return how many prompts there were to draw from; unrated ones among them."""
        return len(self.prompts) - sum(r.reason != "unrated" for r in self.removed)

    def removed_by(self) -> dict[str, int]:
        """Return how many prompts were left out, by reason and rule; the commonest first."""
        return dict(Counter(map(kind, self.removed)).most_common())

    def examples(self) -> dict[str, Removed]:
        """Return one prompt that was left out for each reason and rule: the least sure of them."""
        found: dict[str, Removed] = {}
        for removed in sorted(self.removed, key=lambda r: (r.score, r.id)):
            found.setdefault(kind(removed), removed)
        return found

    def data(self) -> dict[str, Any]:
        """Return the numbers as plain data."""
        return {
            **asdict(self.asked),
            "read": len(self.prompts),
            "empty": len(self.empty),
            "empty_rows": list(self.empty),
            "training_texts": self.training_texts,
            "clean": self.clean(),
            "parts": self.parts(),
            "missing": self.missing(),
            "categories": self.categories(),
            "lost_categories": self.lost(),
            "clusters": [asdict(fact) for fact in self.clusters],
            "removed": self.removed_by(),
            "examples": {name: asdict(removed) for name, removed in self.examples().items()},
            "shared_passages_kept": len(self.shared),
            "near_duplicate": self.near_duplicate,
            "clusters_met": sum(fact.chosen > 0 for fact in self.clusters),
            "rules": [{"rule": name, "threshold": least} for name, least in self.rules],
            "calls": self.calls,
            "usd": round(self.usd, 6),
        }


def kind(removed: Removed) -> str:
    """Return why a prompt is left out, and by which rule: `duplicate (char-tfidf)`."""
    return f"{removed.reason} ({removed.rule})" if removed.rule else removed.reason


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
        "shares_passage": chosen.shares_passage,
        "fields": dict(prompt.fields),
    }


def folder_name(instructions: Path) -> str:
    """Return the folder of a file's test set; files of a run's dataset are named after the run."""
    *_, run, part, _, _ = ("", "", "", *instructions.resolve().parts)
    return f"testset-{run if part == 'dataset' else plain_name(instructions)}"


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON lines; the file appears whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(orjson.dumps(row, default=str).decode() + "\n" for row in rows))
