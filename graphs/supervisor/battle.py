"""Battle: every instruction that may train goes through the arena.

What everyone lost, or the jury disputes, gets a second look: it goes back to the instruction gate.
"""

from langgraph.runtime import Runtime

from ...agents.messages import Findings
from ...agents.records import Instruction, Reject, make_id
from .. import kinds, stages
from ..arena.protocols import fight
from ..arena.weighing import weigh
from ..generation.curation import dropped
from ..records import start_over
from ..services import Services, failed_at, settle
from ..stream import each, ordered
from .decide import questions_of
from .decisions import Decision
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


STAGE = stages.SECOND_LOOK.name


async def second_look(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Show the curator each probably broken instruction with what its battles said."""
    services, number = await in_force(state, runtime), state["round"]
    await start_over(services.records, stages.SECOND_LOOK, number)
    total = state["counts"].get("broken", 0)
    services.notify("stage_started", stage=STAGE, total=total)

    async def look(decision: Decision) -> list[Reject]:
        if decision.outcome != "broken":
            return []
        found = await _look(services, decision)
        services.notify("progress", stage=STAGE)
        return found

    refused = 0
    decisions = services.records.stream(kinds.DECISION, number)
    async for rejects in ordered(decisions, look, services.settings.in_flight):
        await services.records.add(kinds.REJECT, number, rejects)
        refused += len(rejects)
    services.notify("stage_finished", stage=STAGE, count=refused)
    return {}


async def _asked(services: Services, decision: Decision) -> Instruction:
    """Return what was battled over: the instruction, or the examiner's question after it."""
    battles = await services.records.get_many(kinds.BATTLE, decision.parents[1:])
    given = await services.records.get_many(kinds.INSTRUCTION, [decision.instruction_id])
    asked = {**given, **await questions_of(services, battles.values())}
    return asked[next((b.question_id for b in battles.values() if b.question_id), *given)]


async def _look(services: Services, decision: Decision) -> list[Reject]:
    """Return the curator's no, or why it could not be asked."""
    instruction = await _asked(services, decision)
    message = services.curate(instruction, evidence=decision.reason)
    send = services.troupe.send(message, Findings, "curator", services.cast.speaks("curator"))

    findings, rejects = await settle([(send, failed_at(STAGE, instruction))])
    for finding in findings:
        if finding.reason:
            detail = f"{decision.reason}; {finding.detail}"
            first = dropped(instruction, finding.reason, detail)
            id = make_id("reject", STAGE, instruction.id)
            rejects.append(first.model_copy(update={"id": id, "stage": STAGE}))
    return rejects
