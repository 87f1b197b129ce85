"""The numbers of the card, counted from the records themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...graphs import kinds
from ...graphs.records import cut_answers
from ..store import Store


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
    licences: Mapping[str, int]
    """Instructions by the licence of their seed, empty where it is unknown."""
    models: frozenset[str]
    """Models that wrote or answered something."""
    cut: Mapping[str, int]
    """By contender: answers that were cut off at its `max_tokens`."""


async def count(store: Store, rows: Mapping[str, int]) -> Counts:
    """Count the records of a store; `rows` are those already written, by config."""
    writers = [
        name
        for kind in (kinds.INSTRUCTION, kinds.ANSWER)
        for (name,) in await store.count_by(kind, "model")
    ]
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
        licences={name: n for (name,), n in licences.items()},
        models=frozenset(filter(None, writers)),
        cut=await cut_answers(store),
    )
