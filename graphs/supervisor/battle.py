"""Battle: every instruction goes through the arena."""

from functools import cache

from langgraph.runtime import Runtime

from ...agents.records import Instruction
from ..arena.protocols import PROTOCOLS
from ..arena.state import Protocol, start_state
from ..arena.weighing import weigh
from ..services import Services
from ..stream import each
from ..tracing import episode
from .hold_out import HoldOut
from .state import RunState, RunUpdate

STAGES = ("examine", "answer", "debate", "judge", "confer", "battle")


@cache
def protocol(name: str) -> Protocol:
    """Return a protocol's graph, compiled once."""
    return PROTOCOLS[name]()


async def battle(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the round's instructions through the arena, a bounded number at a time."""
    services, number = runtime.context, state["round"]
    for stage in STAGES:
        await services.records.discard("reject", number, stage)
    for kind in ("question", "answer", "battle"):
        await services.records.discard(kind, number)
    total = services.records.count("instruction", number)
    services.notify("stage_started", stage="battle", total=total)

    graph = protocol(services.settings.arena.protocol)
    held = await HoldOut.draw(services)

    async def fight(instruction: Instruction) -> None:
        start = start_state(instruction, evaluation=instruction.seed_id in held)
        found = await episode(graph, start, services)
        if found["instruction"].id != instruction.id:
            await services.records.add("question", number, [found["instruction"]])
        await services.records.add("answer", number, list(found["answers"].values()))
        await services.records.add("battle", number, found["battles"])
        await services.records.add("reject", number, found["rejects"])
        services.notify("progress", stage="battle")

    instructions = services.records.stream("instruction", Instruction, number)
    await each(instructions, fight, services.settings.in_flight)
    if services.settings.arena.aggregation == "judge_aware":
        await weigh(services.records, number)
    count = services.records.count("battle", number)
    services.notify("stage_finished", stage="battle", count=count)
    return {"counts": {**state["counts"], "battle": count}}
