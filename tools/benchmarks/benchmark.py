"""A benchmark as whoever measures a model sees it: prompts, and what an answer is worth.

Shares come with a 95 % interval, by resampling prompts: what hangs together is drawn together.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..ratings.share import wilson
from ..tables import told_columns
from . import gsm8k, ifeval

ROUNDS = 2000
_ENDS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value between its ends; a share is 0 to 1, a difference -1 to 1."""

    value: float
    low: float
    high: float

    def data(self) -> dict[str, float]:
        """Return it as plain data."""
        return {name: round(getattr(self, name), 4) for name in ("value", "low", "high")}

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} ({100 * self.low:.1f} to {100 * self.high:.1f})"


def share(hits: Sequence[bool]) -> Figure:
    """Return a share of single trials (Wilson)."""
    part = sum(hits) / len(hits)
    return Figure(part, *wilson(part, len(hits)))


@dataclass(frozen=True)
class Counts:
    """Hits and trials of every prompt: several trials of one prompt are one piece of evidence."""

    hits: Sequence[float]
    trials: Sequence[float]

    def ratio(self) -> float:
        """Return the share over all trials."""
        return sum(self.hits) / sum(self.trials)

    def resampled(self, draws: np.ndarray) -> np.ndarray:
        """Return the share in each draw of prompts."""
        hits, trials = np.asarray(self.hits, float), np.asarray(self.trials, float)
        found: np.ndarray = hits[draws].sum(axis=1) / trials[draws].sum(axis=1)
        return found


def mean(parts: Sequence[Counts], seed: int) -> Figure:
    """Return the mean of several shares over the same prompts."""
    draws = _draws(len(parts[0].hits), seed)
    values = np.mean([part.resampled(draws) for part in parts], axis=0)
    return _between(float(np.mean([part.ratio() for part in parts])), values)


def gain(after: Sequence[Counts], before: Sequence[Counts], seed: int) -> Figure:
    """Return how much the mean of several shares rose, prompt by prompt over the same prompts."""
    draws = _draws(len(after[0].hits), seed)
    values = np.mean([part.resampled(draws) for part in after], axis=0)
    values = values - np.mean([part.resampled(draws) for part in before], axis=0)
    told = np.mean([part.ratio() for part in after]) - np.mean([p.ratio() for p in before])
    return _between(float(told), values)


def _draws(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, size=(ROUNDS, count))


def _between(value: float, values: np.ndarray) -> Figure:
    low, high = np.percentile(values, _ENDS)
    return Figure(value, float(low), float(high))


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt of a benchmark."""

    key: str
    prompt: str


class Benchmark(Protocol):
    """What is measured."""

    name: str
    asked: Sequence[Asked]

    def scores(self, answers: Sequence[str], seed: int, only: Sequence[int]) -> dict[str, Figure]:
        """Return the figures of the answers to the prompts at the places in `only`; the main one first."""
        ...

    def gained(self, after: Sequence[str], before: Sequence[str], seed: int) -> Figure:
        """Return how much the main figure rose from one set of answers to another."""
        ...

    def by_type(self, answers: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return what was kept and how often it was asked, by type; empty where there are no types."""
        ...


class IFEval:
    """Verifiable instructions: the mean of prompt- and instruction-level strict accuracy first."""

    name = "ifeval"

    def __init__(self, rows: Sequence[Row]) -> None:
        self._items = [ifeval.Item.of(row) for row in rows]
        self.asked: Sequence[Asked] = [
            Asked(f"ifeval-{item.key}", item.prompt) for item in self._items
        ]

    def _outcomes(self, answers: Sequence[str]) -> list[ifeval.Outcome]:
        return [ifeval.outcome(item, text) for item, text in zip(self._items, answers, strict=True)]

    def scores(self, answers: Sequence[str], seed: int, only: Sequence[int]) -> dict[str, Figure]:
        """Return the mean, then both levels, strict and loose."""
        outcomes = self._outcomes(answers)
        found = [outcomes[place] for place in only]
        told = {"mean": mean(_levels([o.strict for o in found]), seed)}
        for way, kept in (
            ("strict", [o.strict for o in found]),
            ("loose", [o.loose for o in found]),
        ):
            told[f"prompt_{way}"] = share([all(one) for one in kept])
            told[f"instruction_{way}"] = mean(_levels(kept)[1:], seed)
        return told

    def gained(self, after: Sequence[str], before: Sequence[str], seed: int) -> Figure:
        """Return how much the mean rose."""
        one, other = (_levels([o.strict for o in self._outcomes(a)]) for a in (after, before))
        return gain(one, other, seed)

    def by_type(self, answers: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return kept and asked of each type of instruction, strict."""
        told: dict[str, list[bool]] = defaultdict(list)
        for item, found in zip(self._items, self._outcomes(answers), strict=True):
            for name, kept in zip(item.types, found.strict, strict=True):
                told[name].append(kept)
        return {name: (sum(kept), len(kept)) for name, kept in sorted(told.items())}


def _levels(kept: Sequence[tuple[bool, ...]]) -> list[Counts]:
    """Return the counts by prompt and by instruction."""
    ones = [1.0] * len(kept)
    return [
        Counts([float(all(one)) for one in kept], ones),
        Counts([float(sum(one)) for one in kept], [float(len(one)) for one in kept]),
    ]


class GSM8K:
    """Sums: how many results are right."""

    name = "gsm8k"

    def __init__(self, rows: Sequence[Row]) -> None:
        self._items = [gsm8k.Item.of(number, row) for number, row in enumerate(rows, 1)]
        self.asked: Sequence[Asked] = [Asked(item.key, item.prompt) for item in self._items]

    def _solved(self, answers: Sequence[str]) -> list[bool]:
        return [item.solved(text) for item, text in zip(self._items, answers, strict=True)]

    def scores(self, answers: Sequence[str], seed: int, only: Sequence[int]) -> dict[str, Figure]:
        """Return the share that is right."""
        solved = self._solved(answers)
        return {"right": share([solved[place] for place in only])}

    def gained(self, after: Sequence[str], before: Sequence[str], seed: int) -> Figure:
        """Return how much the share rose."""
        one, other = (
            Counts([float(hit) for hit in self._solved(a)], [1.0] * len(a)) for a in (after, before)
        )
        return gain([one], [other], seed)

    def by_type(self, answers: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return nothing: sums are of one type."""
        return {}


def benchmark_of(rows: Sequence[Row]) -> Benchmark:
    """Return the benchmark that rows of a file are of, as their columns tell.

    Raises:
        ValueError: they are of none that is known, or one of them is wrong.
    """
    columns = rows[0].keys() if rows else set()
    if {"prompt", "instruction_id_list", "kwargs"} <= columns:
        return IFEval(rows)
    if {"question", "answer"} <= columns:
        return GSM8K(rows)
    found = told_columns(columns) or "no rows"
    raise ValueError(
        f"is no benchmark that is known: IFEval has prompt, instruction_id_list and kwargs, GSM8K "
        f"question and answer; found {found}"
    )
