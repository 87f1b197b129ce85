"""Measuring models on a benchmark: every prompt through the door, every answer scored by a program."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from ...agents.errors import ModelError, UserError
from ...agents.models.call import Call
from ...agents.models.door import Door
from ...agents.models.settings import ModelSettings
from ...agents.records import Turn
from ...graphs.testset.contamination import Training, contaminated, rules
from ...graphs.testset.prompt import Prompt
from ...graphs.testset.settings import SamplingSettings
from ...tools.benchmarks.benchmark import Benchmark, benchmark_of
from ...tools.embedding import TfidfEmbedder
from ..config.config import EMBEDDED, OfRun
from ..config.load import BudgetSettings, ExecutionSettings
from ..opening import Opening
from ..testset.prompts import read_training, sound_rows

TABLES = ("instructions", "sft", "preference")
"""What of a run's dataset a prompt must not stand in."""


class BenchmarkConfig(OfRun):
    """The models that may be measured; a run's config works."""

    models: dict[str, ModelSettings] = Field(min_length=1)
    seed: int = Field(default=7, ge=0)
    budget: BudgetSettings = BudgetSettings()
    execution: ExecutionSettings = ExecutionSettings()

    UNGIVEN = EMBEDDED


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    file: Path
    models: tuple[str, ...]
    limit: int | None = None
    """So many prompts, spread evenly over the file; None for all."""
    against: tuple[Path, ...] = ()
    """Runs, or files of rows, that no prompt may stand in."""


@dataclass(frozen=True)
class Measured:
    """What came out: answers by model, in the order of the prompts."""

    order: Order
    seed: int
    benchmark: Benchmark
    answers: dict[str, list[str]]
    failed: dict[str, int]
    """Prompts without an answer; they count as wrong."""
    found: dict[str, str] = field(default_factory=dict)
    """Prompts that stand in what was generated, by key, and where."""
    texts: int = 0
    """Generated texts that they were compared with."""

    def data(self) -> dict[str, Any]:
        """Return it as plain data; the first model is what the others are compared with."""
        every = range(len(self.benchmark.asked))
        clean = [n for n in every if self.benchmark.asked[n].key not in self.found]
        first = self.order.models[0]
        models = {}
        for alias, answers in self.answers.items():
            told: dict[str, Any] = {
                "scores": self._scores(answers, every),
                "by_type": {n: list(c) for n, c in self.benchmark.by_type(answers).items()},
                "failed": self.failed[alias],
            }
            if self.found and clean:
                told["clean"] = self._scores(answers, clean)
            if alias != first:
                told["gain"] = self.benchmark.gained(answers, self.answers[first], self.seed).data()
            models[alias] = told
        return {
            "benchmark": self.benchmark.name,
            "file": str(self.order.file),
            "prompts": len(every),
            "models": models,
            "decontamination": {
                "against": [str(path) for path in self.order.against],
                "texts": self.texts,
                "found": self.found,
            },
        }

    def _scores(self, answers: Sequence[str], only: Sequence[int]) -> dict[str, dict[str, float]]:
        found = self.benchmark.scores(answers, self.seed, only)
        return {name: figure.data() for name, figure in found.items()}


def read_benchmark(order: Order) -> Benchmark:
    """Return the prompts asked for.

    Raises:
        UserError: the file holds no benchmark that is known.
    """
    rows = [row for _, row in sound_rows(order.file)]
    count = min(order.limit or len(rows), len(rows))
    try:
        return benchmark_of([rows[n * len(rows) // count] for n in range(count)])
    except ValueError as error:
        raise UserError(f"{order.file}: {error}") from error


async def measure(
    config: BenchmarkConfig,
    order: Order,
    ledger: Path,
    notify: Callable[[int, int], None] = lambda done, most: None,
) -> Measured:
    """Ask the models and score what they say; what was answered before comes from the ledger.

    Raises:
        UserError: what the user wrote is wrong; nothing was paid.
        StopRun: the budget is spent or an endpoint is down; the ledger keeps what was paid.
    """
    if unknown := [alias for alias in order.models if alias not in config.models]:
        known = ", ".join(config.models)
        raise UserError(f"--model: no model {unknown[0]!r}; models: {known}")
    benchmark = read_benchmark(order)
    found, texts = await _contaminated(benchmark, order.against)
    opening = Opening({alias: config.models[alias] for alias in order.models}, config)
    async with opening.beside(ledger) as opened:
        asking = _Asking(opened.door, benchmark, config.execution.in_flight, notify)
        answers = await opened.landing(asking.all(order.models))
    return Measured(order, config.seed, benchmark, answers, asking.failed, found, texts)


class _Asking:
    """Asks every model every prompt, so many at a time."""

    def __init__(
        self, door: Door, benchmark: Benchmark, in_flight: int, notify: Callable[[int, int], None]
    ) -> None:
        self._door, self._benchmark, self._notify = door, benchmark, notify
        self._room = asyncio.Semaphore(in_flight)
        self._done = self._most = 0
        self.failed: dict[str, int] = {}

    async def all(self, models: Sequence[str]) -> dict[str, list[str]]:
        """Return the answers by model."""
        asked = self._benchmark.asked
        self._most = len(models) * len(asked)
        self.failed = dict.fromkeys(models, 0)
        found = await asyncio.gather(
            *(self._answer(alias, one.key, one.prompt) for alias in models for one in asked)
        )
        return {
            alias: found[place * len(asked) : (place + 1) * len(asked)]
            for place, alias in enumerate(models)
        }

    async def _answer(self, alias: str, key: str, prompt: str) -> str:
        turns = (Turn(role="user", content=prompt),)
        async with self._room:
            try:
                call = Call(alias, turns, role="contender", subject=key, about=(key,))
                return (await self._door.complete(call)).text
            except ModelError:
                self.failed[alias] += 1
                return ""
            finally:
                self._done += 1
                self._notify(self._done, self._most)


async def _contaminated(
    benchmark: Benchmark, against: Sequence[Path]
) -> tuple[dict[str, str], int]:
    """Return the prompts that stand in generated texts, and how many texts there are."""
    if not against:
        return {}, 0
    texts = read_training([part for path in against for part in _tables(path)])
    sampling = SamplingSettings()
    chosen = rules(sampling.decontamination, TfidfEmbedder())
    asked = [Prompt(one.key, (Turn(role="user", content=one.prompt),)) for one in benchmark.asked]
    removed = await contaminated(asked, Training(texts, chosen, sampling.same_task))
    return {one.id: one.detail for one in removed}, len(texts)


def _tables(path: Path) -> list[Path]:
    """Return a run's tables, or the path itself where it is no run's folder."""
    tables = [path / "dataset" / name for name in TABLES]
    return [table for table in tables if table.is_dir()] or [path]
