"""Plan: opens a round under the policy, the taxonomy and the target in force, and the user's orders.

Orders are what the user pins, frees or takes back; they are carried out on policy and taxonomy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ...taxonomy.policy import LeafPolicy, Policy, PolicyChange, only
from ...taxonomy.version import Taxonomy, TaxonomyChange
from .. import kinds
from ..records import Records
from ..services import Services
from .decisions import Order, PolicyVersion, TaxonomyVersion
from .feedback import moved
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


@dataclass(frozen=True)
class Stand:
    """Policy and taxonomy as they stand, with what orders changed of them."""

    policy: Policy
    taxonomy: Taxonomy
    changes: tuple[PolicyChange, ...] = ()
    structure: tuple[TaxonomyChange, ...] = ()


def carried_out(
    orders: Iterable[Order],
    stand: Stand,
    policies: Mapping[int, Policy],
    taxonomies: Mapping[int, Taxonomy],
    round: int,
) -> Stand:
    """Return where orders lead, one after another; earlier versions are by their numbers.

    All of them together make one new version of the policy, and one of the taxonomy where they change it.
    """
    now = stand
    for order in orders:
        if order.what == "rollback":
            if order.policy:
                now = _policy_back(now, policies[order.policy], order, round)
            if order.taxonomy:
                now = _taxonomy_back(now, taxonomies[order.taxonomy], order)
        else:
            now = _pinned(now, order, round)
    policy = now.policy.model_copy(update={"version": stand.policy.version + 1})
    taxonomy = now.taxonomy.model_copy(
        update={"version": stand.taxonomy.version + bool(now.structure)}
    )
    return Stand(policy, taxonomy, now.changes, now.structure)


def _pinned(now: Stand, order: Order, round: int) -> Stand:
    key, old = f"{order.skill}/{order.leaf}", now.policy.of(order.skill, order.leaf)
    others = tuple(field for field in old.pinned if field != order.field)
    before = old.level if order.field == "complexity" else old.weight
    value = before if order.value is None else order.value
    pinned = (*others, order.field) if order.what == "pin" else others
    new: dict[str, Any] = {"pinned": pinned}
    if order.value is not None:
        new[order.field] = value
        if order.field == "complexity" and old.levels:
            new["levels"] = only(int(value))
    leaf = LeafPolicy.model_validate(old.model_dump() | new)
    did = "pinned by the user" if order.what == "pin" else "freed by the user"
    change = moved(key, order.field, before, value, did, round)
    policy = now.policy.model_copy(update={"leaves": {**now.policy.leaves, key: leaf}})
    return Stand(policy, now.taxonomy, (*now.changes, change), now.structure)


def _policy_back(now: Stand, earlier: Policy, order: Order, round: int) -> Stand:
    did = f"taken back by the user to version {order.policy}"
    changes = [
        moved(key, field, old, new, did, round)
        for key, field, old, new in differences(now.policy, earlier)
    ]
    policy = now.policy.model_copy(update={"leaves": dict(earlier.leaves)})
    return Stand(policy, now.taxonomy, (*now.changes, *changes), now.structure)


def _taxonomy_back(now: Stand, earlier: Taxonomy, order: Order) -> Stand:
    did = f"taken back by the user to version {order.taxonomy}"
    taxonomy, changes = now.taxonomy.rolled_back(earlier, did)
    return Stand(now.policy, taxonomy, now.changes, (*now.structure, *changes))


def differences(one: Policy, other: Policy) -> Sequence[tuple[str, str, float, float]]:
    """Return (skill/leaf, field, value in the one, value in the other) of all that differs, sorted."""
    found: list[tuple[str, str, float, float]] = []
    for key in sorted(one.leaves.keys() | other.leaves.keys()):
        a, b = (policy.leaves.get(key, LeafPolicy()) for policy in (one, other))
        if a.weight != b.weight:
            found.append((key, "weight", a.weight, b.weight))
        if (a.level, a.levels) != (b.level, b.levels):
            found.append((key, "complexity", a.level, b.level))
    return found
