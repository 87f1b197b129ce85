"""Taxonomy: what asking each leaf taught decides which leaves are asked more (diversity)."""

from langgraph.runtime import Runtime

from ..services import Services
from .cells import Leaves, by_leaf, read_table
from .feedback import Found, LeafRecord, Records, weigh
from .learning_value import Evidence
from .state import RunState, RunUpdate, current_round, in_force

FORGOTTEN = 0.05
"""Rounds that count less than this are not read."""


async def taxonomy(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Weigh the leaves by what asking them taught, this round and before it."""
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    settings = services.settings.feedback
    rounds = await lately(services, round.number)
    changes = weigh(
        round.policy,
        records_of(rounds[0]),
        faded(rounds, settings.memory),
        services.skills.values(),
        round=round.number,
        settings=settings,
    )
    return {"weights": [change.model_dump() for change in changes]}


async def lately(services: Services, number: int) -> list[Leaves]:
    """Return what rounds showed, this one first, as far back as they count."""
    found: list[Leaves] = []
    counts = 1.0
    while number > 0 and counts >= FORGOTTEN:
        found.append(by_leaf(await read_table(services.records, number)))
        number, counts = number - 1, counts * services.settings.feedback.memory
    return found


def records_of(leaves: Leaves) -> Records:
    """Return the target's battles by leaf."""
    return {leaf: LeafRecord(cell.won, cell.tied, cell.lost) for leaf, cell in leaves.items()}


def faded(rounds: list[Leaves], memory: float) -> Found:
    """Return what asking each leaf taught, the last round first: each counts `memory` of the one after it."""
    found: dict[tuple[str, str], Evidence] = {}
    for back, leaves in enumerate(rounds):
        for leaf, cell in leaves.items():
            found[leaf] = found.get(leaf, Evidence()) + cell.evidence.faded(memory**back)
    return found
