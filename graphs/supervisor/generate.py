"""Generate: every seed goes through the flow of every skill that takes its kind."""

from functools import cache

from langgraph.runtime import Runtime

from ...agents.records import Seed
from ..generation.flow_state import start_state
from ..generation.flows import FLOWS, Flow
from ..services import Round, Services
from ..stream import each
from ..tracing import episode
from .state import RunState, RunUpdate, current_round


@cache
def flow(name: str) -> Flow:
    """Return a flow's graph, compiled once."""
    return FLOWS[name]()


async def generate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the seeds through their flows, a bounded number at a time."""
    services, round = runtime.context, current_round(state, runtime)
    for stage in ("transformation", "instruction", "suggestion", "edit"):
        await services.records.discard("reject", round.number, stage)
    for kind in ("passage", "draft", "suggestion"):
        await services.records.discard(kind, round.number)
    services.notify("stage_started", stage="generate", total=services.records.count("seed"))
    await each(
        services.records.stream("seed", Seed),
        lambda seed: _of_seed(seed, services, round),
        services.settings.in_flight,
    )
    drafts = services.records.count("draft", round.number)
    services.notify("stage_finished", stage="generate", count=drafts)
    return {"counts": {**state["counts"], "draft": drafts}}


async def _of_seed(seed: Seed, services: Services, round: Round) -> None:
    """Run one seed through the flows of its skills, and write what came of it."""
    for skill in services.skills.values():
        if seed.kind not in skill.seed_kinds:
            continue
        found = await episode(flow(skill.flow), start_state(seed, skill.name, round), services)
        number, records = round.number, services.records
        await records.add("passage", number, found["passages"])
        await records.add("draft", number, found["instructions"])
        await records.add("suggestion", number, found["suggestions"])
        await records.add("reject", number, found["rejects"])
    services.notify("progress", stage="generate")
