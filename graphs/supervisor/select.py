"""Select: every instruction's battles decide where it goes, and which of its answers train."""

from langgraph.runtime import Runtime

from .. import kinds
from ..services import Services
from .decide import decide_round
from .state import RunState, RunUpdate, in_force


async def select(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Decide on the round's instructions, and count what came of it."""
    services, number = await in_force(state, runtime), state["round"]
    total = await services.records.count(kinds.INSTRUCTION, number)
    services.notify("stage_started", stage="select", total=total)
    outcomes = await decide_round(
        services, number, told=lambda: services.notify("progress", stage="select")
    )
    rows = (kinds.SFT, kinds.PREFERENCE, kinds.RLVR)
    counts = {kind.name: await services.records.count(kind, number) for kind in rows}
    services.notify("stage_finished", stage="select", count=counts["sft"])
    return {"counts": {**state["counts"], **outcomes, **counts}}
