"""Battle: every instruction that may train goes through the arena."""

from langgraph.runtime import Runtime

from ...agents.records import Instruction
from .. import kinds, stages
from ..arena.protocols import fight
from ..arena.weighing import weigh
from ..records import start_over
from ..services import Services
from ..stream import each
from .held_out import HeldOutSeeds
from .state import RunState, RunUpdate, in_force


async def battle(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the round's instructions through the arena, a bounded number at a time."""
    services, number = await in_force(state, runtime), state["round"]
    await start_over(services.records, stages.BATTLE, number)
    held = await HeldOutSeeds.draw(services)
    total = await services.records.count(kinds.INSTRUCTION, number)
    services.notify("stage_started", stage="battle", total=total)

    async def select(instruction: Instruction) -> None:
        if instruction.seed_id not in held:
            ended = await fight(services, instruction, number)
            await services.records.add(kinds.REJECT, number, ended["rejects"])
        services.notify("progress", stage="battle")

    instructions = services.records.stream(kinds.INSTRUCTION, number)
    await each(instructions, select, services.settings.in_flight)
    if services.settings.arena.aggregation == "judge_aware":
        await weigh(services.records, number)
    count = await services.records.count(kinds.BATTLE, number)
    services.notify("stage_finished", stage="battle", count=count)
    return {"counts": {**state["counts"], "battle": count}}
