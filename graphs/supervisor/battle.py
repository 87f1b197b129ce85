"""Battle: every instruction goes through the arena."""

from functools import cache
from hashlib import blake2b

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.records import Instruction
from ..arena import battle as arena
from ..arena.battle import BattleState
from ..services import Services
from ..stream import each
from .state import RunState, RunUpdate

STAGES = ("answer", "judge", "battle")


@cache
def ring() -> CompiledStateGraph[BattleState, Services, BattleState, BattleState]:
    """Return the battle graph, compiled once."""
    return arena.build()


def held_out(services: Services, instruction: Instruction) -> bool:
    """Return whether an instruction is kept for evaluation: a share of them, drawn by their passages.

    Siblings and harder versions share a passage, so what evaluates has no near copy that trains.
    """
    if not services.cast.evaluation_jury:
        return False
    passage = f"{instruction.seed_id}/{instruction.skill}/{instruction.transformation}"
    digest = blake2b(passage.encode(), digest_size=4, key=b"held out").digest()
    return int.from_bytes(digest) / 2**32 < services.settings.evaluation.held_out


async def battle(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the round's instructions through the arena, a bounded number at a time."""
    services, number = runtime.context, state["round"]
    for stage in STAGES:
        await services.records.discard("reject", number, stage)
    for kind in ("answer", "battle"):
        await services.records.discard(kind, number)
    total = services.records.count("instruction", number)
    services.notify("stage_started", stage="battle", total=total)

    async def fight(instruction: Instruction) -> None:
        start = arena.start_state(instruction, evaluation=held_out(services, instruction))
        found = await ring().ainvoke(start, context=services)
        await services.records.add("answer", number, list(found["answers"].values()))
        await services.records.add("battle", number, found["battles"])
        await services.records.add("reject", number, found["rejects"])
        services.notify("progress", stage="battle")

    instructions = services.records.stream("instruction", Instruction, number)
    await each(instructions, fight, services.settings.in_flight)
    count = services.records.count("battle", number)
    services.notify("stage_finished", stage="battle", count=count)
    return {"counts": {**state["counts"], "battle": count}}
