"""Taxonomy: what asking each leaf taught decides which leaves there are, and how often each is asked."""

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ...taxonomy.version import Taxonomy
from .. import kinds
from ..services import Services
from .cells import Leaves, by_leaf, faded, lately
from .decisions import TaxonomyVersion
from .feedback import LeafRecord, Records, changed, weigh
from .restructure import Restructured, restructure
from .state import RunState, RunUpdate, current_round, in_force


async def taxonomy(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Split, merge, retire and propose leaves, then weigh all of them by what asking them taught."""
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    settings = services.settings.feedback
    tables = await lately(services.records, round.number, settings.memory)
    rounds = {number: by_leaf(table) for number, table in tables.items()}
    found = await services.records.get(kinds.TAXONOMY, state["taxonomy"])
    update: RunUpdate = {}
    shipped = Taxonomy(skills=tuple(services.skills.values()))
    made = Restructured(found.taxonomy if found else shipped, round)
    if settings.structure and found is not None:
        hard = by_leaf({p: c for p, c in tables[round.number].items() if p.band == "hard"})
        made = await restructure(services, round, rounds, hard, found.taxonomy)
        update = await _written(services, made, state["taxonomy"])
    changes = made.starts + weigh(
        changed(round.policy, made.starts),
        records_of(rounds[round.number]),
        faded(rounds, settings.memory),
        made.taxonomy.skills,
        round=round.number,
        settings=settings,
        held=made.fresh,
    )
    return {**update, "weights": [change.model_dump() for change in changes]}


async def _written(services: Services, made: Restructured, before: str) -> RunUpdate:
    """Write the next version of the taxonomy with its reasons; none where nothing changes."""
    records, number = services.records, made.round.number
    await records.add(kinds.REJECT, number, made.rejects)
    if made.skipped:
        services.notify("notice", text=f"no leaf is split or proposed: {made.skipped}")
    version = TaxonomyVersion(
        id=make_id("taxonomy", made.taxonomy.version),
        parents=(before,),
        round=number,
        taxonomy=made.taxonomy,
        changes=tuple(made.changes),
    )
    await records.replace(kinds.TAXONOMY, number, [version] if made.changes else [])
    for change in made.changes:
        services.notify("taxonomy_changed", change=change.model_dump())
    return {"taxonomy": version.id} if made.changes else {}


def records_of(leaves: Leaves) -> Records:
    """Return the target's battles by leaf."""
    return {leaf: LeafRecord(cell.won, cell.tied, cell.lost) for leaf, cell in leaves.items()}
