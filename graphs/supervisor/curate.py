"""Curate: drafts pass the gate or become rejects."""

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
    services, number = in_force(state, runtime), state["round"]
    await start_over(services.records, stages.CURATE, number)
    services.duplicates.forget(number)
    services.notify(
        "stage_started", stage="curate", total=services.records.count(kinds.DRAFT, number)
    )

    async def through(draft: Instruction) -> tuple[Instruction, list[Reject]]:
        start = CurationState(instruction=draft, rejects=[])
        found = await episode(gate(), start, services)
        services.notify("progress", stage="curate")
        return draft, found["rejects"]

    kept: list[Instruction] = []
    dropped: list[Reject] = []
    drafts = services.records.stream(kinds.DRAFT, number)
    async for draft, rejects in ordered(drafts, through, services.settings.in_flight):
        if not rejects and (twin := curation.duplicate(services, draft)) is not None:
            rejects = [twin]
        dropped += rejects
        kept += [] if rejects else [draft]
        if len(kept) + len(dropped) >= BATCH:
            await _write(services, number, kept, dropped)
    await _write(services, number, kept, dropped)
    count = services.records.count(kinds.INSTRUCTION, number)
    services.notify("stage_finished", stage="curate", count=count)
    return {"counts": {**state["counts"], "instruction": count}}


async def _write(
    services: Services, number: int, kept: list[Instruction], dropped: list[Reject]
) -> None:
    await services.records.add(kinds.INSTRUCTION, number, kept)
    await services.records.add(kinds.REJECT, number, dropped)
    kept.clear()
    dropped.clear()
