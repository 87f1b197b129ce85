"""Feed back: what the routes found becomes the next version of the policy."""

from collections.abc import Mapping
from typing import Any

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ...taxonomy.policy import Policy, PolicyChange
from ...taxonomy.refinement import Refinement
from .. import kinds
from ..services import Services
from .decisions import PolicyVersion
from .feedback import changed, in_order
from .state import RunState, RunUpdate, current_round, in_force


async def feed_back(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Write the next policy version with the reasons of every change; none where nothing changes."""
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    found = map(PolicyChange.model_validate, state["weights"] + state["levels"])
    changes = in_order(
        (change for change in found if not round.policy.holds(change)), services.skills.values()
    )
    policy = _refined(changed(round.policy, changes), round.policy, state["refinement"])
    new = PolicyVersion(
        id=make_id("policy", policy.version),
        parents=(state["policy"],),
        round=round.number,
        policy=policy,
        changes=tuple(changes),
    )
    await services.records.replace(
        kinds.POLICY, round.number, [new] if policy != round.policy else []
    )
    for change in changes:
        services.notify("policy_changed", **change.model_dump())
    return {"policy": new.id} if policy != round.policy else {}


def _refined(policy: Policy, before: Policy, refinement: Mapping[str, Any]) -> Policy:
    """Return the next policy with what the complexity node says of refinement, where it says anything."""
    found = Refinement.model_validate(refinement) if refinement else before.refinement
    if found == policy.refinement:
        return policy
    return policy.model_copy(update={"refinement": found, "version": before.version + 1})
