"""Plan: opens a round under the policy, the taxonomy and the target in force, and the user's orders."""

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ...taxonomy.policy import Policy
from ...taxonomy.version import Taxonomy
from .. import kinds
from ..records import Records
from ..services import Services
from .decisions import Order, PolicyVersion, TaxonomyVersion
from .orders import Stand, carried_out
from .state import RunState, RunUpdate


async def plan(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Open the next round; the first one starts from the weights and the skills as they are shipped."""
    services, number = runtime.context, state["round"] + 1
    begun: RunUpdate = {} if state["policy"] else await _begin(services)
    policy, taxonomy = (begun.get(name) or state[name] for name in ("policy", "taxonomy"))
    begun |= await _ordered(services, number, str(policy), str(taxonomy))
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


async def _ordered(services: Services, number: int, policy: str, taxonomy: str) -> RunUpdate:
    """Carry the user's orders out: those that wait, and after a kill those that this round took already.

    What they lead to stands under the round before, which led to what they change: this one may start over.
    """
    records = services.records
    orders = sorted(await _waiting(records, number), key=lambda order: order.number)
    if not orders:
        return {}
    policies = {v.id: v.policy async for v in records.stream(kinds.POLICY)}
    taxonomies = {v.id: v.taxonomy async for v in records.stream(kinds.TAXONOMY)}
    after = carried_out(
        orders,
        Stand(policies[policy], taxonomies[taxonomy]),
        {known.version: known for known in policies.values()},
        {known.version: known for known in taxonomies.values()},
        number,
    )
    taken = [order.model_copy(update={"round": number}) for order in orders]
    await records.rewrite(kinds.ORDER, 0, taken)
    ids = tuple(order.id for order in orders)
    made = PolicyVersion(
        id=make_id("policy", after.policy.version),
        parents=(policy, *ids),
        round=number - 1,
        policy=after.policy,
        changes=after.changes,
    )
    await records.rewrite(kinds.POLICY, number - 1, [made])
    for change in after.changes:
        services.notify("policy_changed", **change.model_dump())
    if not after.structure:
        return {"policy": made.id}
    version = TaxonomyVersion(
        id=make_id("taxonomy", after.taxonomy.version),
        parents=(taxonomy, *ids),
        round=number - 1,
        taxonomy=after.taxonomy,
        changes=after.structure,
    )
    await records.rewrite(kinds.TAXONOMY, number - 1, [version])
    return {"policy": made.id, "taxonomy": version.id}


async def _waiting(records: Records, number: int) -> list[Order]:
    return [o async for o in records.stream(kinds.ORDER) if o.round in (0, number)]
