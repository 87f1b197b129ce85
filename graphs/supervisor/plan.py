"""Plan: opens a round under the policy, the taxonomy and the target in force."""

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ...taxonomy.policy import Policy
from ...taxonomy.version import Taxonomy
from .. import kinds
from ..services import Services
from .decisions import PolicyVersion, TaxonomyVersion
from .state import RunState, RunUpdate


async def plan(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Open the next round; the first one starts from the weights and the skills as they are shipped."""
    services, number = runtime.context, state["round"] + 1
    begun: RunUpdate = {} if state["policy"] else await _begin(services)
    services.notify("round_started", round=number, rounds=services.settings.rounds)
    return {
        "round": number,
        "counts": {},
        "candidate": "",
        "weights": [],
        "levels": [],
        "refinement": {},
        "gate": "",
        **begun,
    }


async def _begin(services: Services) -> RunUpdate:
    """Write the first versions of what the feedback changes."""
    start = Policy.start(services.skills.values())
    policy = PolicyVersion(id=make_id("policy", 1), round=0, policy=start)
    shipped = Taxonomy(skills=tuple(services.skills.values()))
    taxonomy = TaxonomyVersion(id=make_id("taxonomy", 1), round=0, taxonomy=shipped)
    await services.records.add(kinds.POLICY, 0, [policy])
    await services.records.add(kinds.TAXONOMY, 0, [taxonomy])
    return {"policy": policy.id, "taxonomy": taxonomy.id, "target": services.target}
