"""Plan: opens a round under the policy in force."""

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ...taxonomy.policy import Policy
from ..services import Services
from .decisions import PolicyVersion
from .state import RunState, RunUpdate


async def plan(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Open the next round; the first one starts from an even policy."""
    services, number = runtime.context, state["round"] + 1
    policy = state["policy"]
    if not policy:
        first = PolicyVersion(id=make_id("policy", 1), round=0, policy=Policy())
        await services.records.add("policy", 0, [first])
        policy = first.id
    services.notify("round_started", round=number, rounds=services.settings.rounds)
    return {"round": number, "policy": policy, "counts": {}}
