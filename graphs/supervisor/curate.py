"""Curate: drafts pass the gate or become rejects."""

from collections.abc import Sequence
from functools import cache

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.records import Instruction, Reject
from .. import kinds, stages
from ..generation import curation
from ..generation.curation import CurationState
from ..records import start_over
from ..services import Services
from ..stream import ordered
from ..tracing import episode
from .state import RunState, RunUpdate, in_force

BATCH = 200
"""Instructions written in one commit."""


@cache
def gate() -> CompiledStateGraph[CurationState, Services, CurationState, CurationState]:
    """Return the gate's graph, compiled once."""
    return curation.build()


async def curate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the round's drafts through the gate, in the order of their ids."""
    services, number = await in_force(state, runtime), state["round"]
    await start_over(services.records, stages.CURATE, number)
    await services.duplicates.forget(number)
    services.notify(
        "stage_started", stage="curate", total=await services.records.count(kinds.DRAFT, number)
    )

    async def through(draft: Instruction) -> tuple[Instruction, list[Reject]]:
        start = CurationState(instruction=draft, rejects=[])
        found = await episode(gate(), start, services)
        services.notify("progress", stage="curate")
        return draft, found["rejects"]

    looked_at: list[tuple[Instruction, list[Reject]]] = []
    drafts = services.records.stream(kinds.DRAFT, number)
    async for found in ordered(drafts, through, services.settings.in_flight):
        looked_at.append(found)
        if len(looked_at) >= BATCH:
            await _decide(services, number, looked_at)
            looked_at.clear()
    await _decide(services, number, looked_at)
    count = await services.records.count(kinds.INSTRUCTION, number)
    services.notify("stage_finished", stage="curate", count=count)
    return {"counts": {**state["counts"], "instruction": count}}


async def _decide(
    services: Services, number: int, looked_at: Sequence[tuple[Instruction, list[Reject]]]
) -> None:
    """Write drafts that were looked at: as instructions, or their rejects."""
    sound = [draft for draft, rejects in looked_at if not rejects]
    twins = await curation.duplicates(services, sound, number)
    kept = [draft for draft, twin in zip(sound, twins, strict=True) if twin is None]
    dropped = [reject for _, rejects in looked_at for reject in rejects]
    await services.records.add(kinds.INSTRUCTION, number, kept)
    await services.records.add(kinds.REJECT, number, [*dropped, *filter(None, twins)])
