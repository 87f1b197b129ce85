"""What the card tells: given by whoever wrote the run, and counted from the records themselves."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ...graphs import kinds, stages
from ...graphs.records import cut_answers
from ..store import LedgerTotals, Store
from .coverage import SkillCoverage


@dataclass(frozen=True, slots=True)
class RatingFact:
    """One model's rating after a round."""

    round: int
    alias: str
    model: str
    rating: float
    """On the Elo scale."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    battles: int


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Facts for the card.

    They are printed as given: keep out what differs between two runs of the same data (run id,
    time, machine, concurrency, addresses).
    """

    config: str
    """The data part of the resolved config, as YAML text."""
    totals: LedgerTotals = LedgerTotals()
    ratings: tuple[RatingFact, ...] = ()
    trainings: tuple[str, ...] = ()
    """One sentence each: what a round trained from what, by what, and how its losses went."""
    gates: tuple[str, ...] = ()
    """One sentence each: whether that took the target's place."""
    policy_changes: tuple[str, ...] = ()
    """One sentence each, with its reason in numbers."""
    refinement: tuple[str, ...] = ()
    """One sentence each: which way a leaf is to move, and what became of an operator's products."""
    taxonomy_changes: tuple[str, ...] = ()
    """One sentence each, with its reason."""
    filters: tuple[str, ...] = ()
    """One sentence each: what was dropped, by which threshold."""
    coverage: tuple[SkillCoverage, ...] = ()
    """What of each leaf was wanted and made, and by which transformations."""
    versions: tuple[tuple[str, str], ...] = ()
    """Releases that made it: `("arenainstruct", "0.1.0")`."""
    language: tuple[str, ...] = ()
    """Of the documents, ISO 639-1 codes."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the dataset holds."""

    rows: Mapping[str, int]
    """By config."""
    leaves: Mapping[tuple[str, str], Mapping[str, int]]
    """By skill and leaf, then by config."""
    rounds: Mapping[str, Mapping[str, int]]
    """By round, then by config."""
    rejects: Mapping[tuple[str, ...], int]
    """By stage and reason."""
    dropped: Mapping[str, Mapping[str, int]]
    """What the gate dropped, by `skill/leaf`, then by reason."""
    licences: Mapping[str, int]
    """Instructions by the licence of their seed, empty where it is unknown."""
    models: frozenset[str]
    """Models that wrote or answered something."""
    made: Mapping[str, tuple[int, int]]
    """Instructions written and answers given, by what kind of model did."""
    cut: Mapping[str, int]
    """By contender: answers that were cut off at its `max_tokens`."""


async def count(store: Store, rows: Mapping[str, int]) -> Counts:
    """Count the records of a store; `rows` are those already written, by config."""
    written = await store.count_by(kinds.INSTRUCTION, "model")
    answered = await store.count_by(kinds.ANSWER, "model")
    leaves: dict[tuple[str, str], dict[str, int]] = {}
    rounds: dict[str, dict[str, int]] = {}
    for kind in (kind for kind in kinds.KINDS if kind.table):
        found = await store.count_by(kind, "skill", "leaf", "round")
        for (skill, leaf, round), number in found.items():
            for cell in (leaves.setdefault((skill, leaf), {}), rounds.setdefault(round, {})):
                cell[kind.table] = cell.get(kind.table, 0) + number
    licences = await store.count_by(kinds.INSTRUCTION, "licence")
    return Counts(
        rows=rows,
        leaves=dict(sorted(leaves.items())),
        rounds=dict(sorted(rounds.items(), key=lambda item: int(item[0]))),
        rejects=await store.count_by(kinds.REJECT, "stage", "reason"),
        dropped=await dropped_by_leaf(store),
        licences={name: n for (name,), n in licences.items()},
        models=frozenset(filter(None, (name for (name,) in (*written, *answered)))),
        made={
            kind: (_by_kind(written)[kind], _by_kind(answered)[kind])
            for kind in _kinds(written, answered)
        },
        cut=await cut_answers(store),
    )


async def dropped_by_leaf(store: Store) -> dict[str, dict[str, int]]:
    """Return what the gate between writing and battling dropped, by `skill/leaf`, then by reason."""
    found: dict[str, dict[str, int]] = {}
    counted = await store.count_by(kinds.REJECT, "stage", "skill", "leaf", "reason")
    for (stage, skill, leaf, reason), number in counted.items():
        if stage in stages.CURATE.steps:
            found.setdefault(f"{skill}/{leaf}", {})[reason] = number
    return found


_KINDS = {
    "offline": "embedded: classical text processing, not to be trained on",
    "local": "a language model on this machine, through llama.cpp",
    "transformers": "a language model on this machine, in process",
    "mended": "a language model's answer, brought into form by a program",
    "program": "a program",
    "recorded": "read from a file",
    "scripted": "a function of a test",
    "openai": "a language model behind an endpoint",
}
"""Kinds of models in words, by the provider that their names begin with."""


def _by_kind(found: Mapping[tuple[str, ...], int]) -> Counter[str]:
    told: Counter[str] = Counter()
    for (name,), number in found.items():
        provider = name.partition("/")[0]
        told[_KINDS.get(provider, provider or "unknown")] += number
    return told


def _kinds(*found: Mapping[tuple[str, ...], int]) -> list[str]:
    return sorted({kind for one in found for kind in _by_kind(one)})
