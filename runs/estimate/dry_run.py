"""The dry run: the supervisor's own graph over a sample, with stand-ins, in a folder that is thrown away.

It is a run like any other, but for this: it is one round, and of the instructions through the gate only a
few go on to the arena.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from ...agents.records import Instruction, Seed
from ...graphs import kinds
from ...graphs.services import Services
from ...graphs.supervisor.graph import build
from ...graphs.supervisor.held_out import HeldOutSeeds
from ...graphs.supervisor.state import start_state
from ..config.config import RunConfig
from ..config.load import BudgetSettings
from ..duplicates import TaskDuplicates, embedding_of, known_texts
from ..ingest import index_apis
from ..opening import Opening
from ..run import services_of
from ..store import STORE_FILE, Place, Store
from .standin import Noted, stand_ins

FOUGHT = 96
"""Instructions that go to the arena at most, as many of each document."""
HELD_OUT = 8
"""Those of a held-out document, all before the evaluation jury."""
ONE = 1e-9
"""A share of documents so small that the least, one, is held out."""

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
Uses = dict[tuple[str, str], Numbers]
"""By step and alias: calls, tokens in, tokens out."""


@dataclass
class DryRun:
    """What a sample took in one round, by seed."""

    held: frozenset[str] = frozenset()
    """Seeds whose instructions evaluate, and never train."""
    calls: int = 0
    notices: list[str] = field(default_factory=list)
    """What a run would have told of its models: here, of those that stood in."""
    making: dict[str, Uses] = field(default_factory=lambda: defaultdict(no_uses))
    """What it took until the instructions were through the gate."""
    fighting: dict[str, Uses] = field(default_factory=lambda: defaultdict(no_uses))
    """What it took after that, for those that went to the arena."""
    written: Counter[str] = field(default_factory=Counter)
    """Instructions, before the gate."""
    passed: Counter[str] = field(default_factory=Counter)
    """Those of them that the gate let by."""
    fought: Counter[str] = field(default_factory=Counter)
    """Those of them that went to the arena."""

    def listen(self, kind: str, data: dict[str, Any]) -> None:
        """Keep what is told."""
        if kind == "notice":
            self.notices.append(str(data["text"]))


async def dry_run(config: RunConfig, seeds: Sequence[Seed], *, whole: bool) -> DryRun:
    """Run a sample dry, or all there is; nothing is sent, and nothing is left.

    What is held out of all there is, is what the run will hold out; of a sample it is one document.
    """
    dry = _hastened(config, config.evaluation.held_out if whole else ONE)
    found = DryRun()
    calls: list[Noted] = []
    opening = Opening(
        dry.players, dry, seated=lambda models: stand_ins(models, dry.cast, calls.append)
    )
    with TemporaryDirectory(prefix="estimate-") as scratch:
        async with opening.at(Place.of(Path(scratch) / STORE_FILE), listen=found.listen) as opened:
            embed = embedding_of(dry.embedding, opened.door, opened.trace.notice)
            duplicates = TaskDuplicates(opened.store, dry.curation, embed)
            await opened.store.add(kinds.SEED, 0, seeds)
            index_apis(opened.index, seeds)
            services = services_of(dry, opened, duplicates, known_texts(dry.curation))
            supervisor, thread = build(InMemorySaver()), _THREAD
            await supervisor.ainvoke(
                start_state(), thread, context=services, interrupt_before=["battle"]
            )
            made = len(calls)
            await _thin_out(services, found)
            await supervisor.ainvoke(None, thread, context=services)
            seed_of = await _lineage(opened.store, found)
    found.calls = len(calls)
    _count(calls[:made], seed_of, found.making)
    _count(calls[made:], seed_of, found.fighting)
    return found


_THREAD: RunnableConfig = {"configurable": {"thread_id": "estimate"}}


def no_uses() -> Uses:
    """Return uses to which numbers can be added."""
    return defaultdict(lambda: np.zeros(3))


def _count(notes: Iterable[Noted], seed_of: Mapping[str, str], into: dict[str, Uses]) -> None:
    """Sum calls up by the seed they were about."""
    for note in notes:
        about = note.call.subject.partition("/")[0]  # a seed's API lists are numbered
        numbers = (1, note.reply.tokens_in, note.reply.tokens_out)
        into[seed_of[about]][note.step, note.call.alias] += numbers


def _hastened(config: RunConfig, held_out: float) -> RunConfig:
    """Return the config without what only takes time, and with a share held out if any is.

    What is said to small models makes no sense to those that stand in their places. The taxonomist is left
    out: it is asked about no document, and at most once a skill and round. The critic needs more battles than
    are fought here.
    """
    quick = {"rpm": None, "tpm": None, "concurrency": "auto"}
    share = {"held_out": min(config.evaluation.held_out, held_out)}
    return config.model_copy(
        update={
            "rounds": 1,
            "models": {
                a: model.model_copy(update=quick | ({"style": "full"} if model.small else {}))
                for a, model in config.models.items()
            },
            "evaluation": config.evaluation.model_copy(update=share),
            "feedback": config.feedback.model_copy(update={"structure": False}),
            "budget": BudgetSettings(),
            "tools": config.tools.model_copy(update={"mcp": {}}),
        }
    )


async def _thin_out(services: Services, found: DryRun) -> None:
    """Leave a few instructions of each document to be battled over."""
    records, drawn = services.records, await HeldOutSeeds.draw(services)
    found.held = frozenset([s.id async for s in records.stream(kinds.SEED) if s.id in drawn])
    few: list[Instruction] = []
    most = FOUGHT // await records.count(kinds.SEED)
    async for instruction in records.stream(kinds.INSTRUCTION, 1):
        seed = instruction.seed_id
        found.passed[seed] += 1
        # Ids are hashes, so the first ones are a random draw.
        if found.fought[seed] < (HELD_OUT if seed in found.held else most):
            found.fought[seed] += 1
            few.append(instruction)
    await records.replace(kinds.INSTRUCTION, 1, few)


async def _lineage(store: Store, found: DryRun) -> dict[str, str]:
    """Count what was written; return the seed of each record that a call may be about."""
    seed_of = {seed.id: seed.id async for seed in store.stream(kinds.SEED)}
    async for passage in store.stream(kinds.PASSAGE):
        seed_of[passage.id] = passage.seed_id
    for kind in (kinds.DRAFT, kinds.QUESTION):
        async for instruction in store.stream(kind):
            seed_of[instruction.id] = instruction.seed_id
            found.written[instruction.seed_id] += kind is kinds.DRAFT
    async for suggestion in store.stream(kinds.SUGGESTION):
        seed_of[suggestion.id] = seed_of[suggestion.parents[0]]
    return seed_of
