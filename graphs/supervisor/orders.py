"""Orders: what the user pins, frees or takes back, carried out on policy and taxonomy. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...taxonomy.policy import LeafPolicy, Policy, PolicyChange
from ...taxonomy.version import Taxonomy, TaxonomyChange
from .decisions import Order


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
    before = float(getattr(old, order.field))
    value = before if order.value is None else order.value
    pinned = (*others, order.field) if order.what == "pin" else others
    leaf = LeafPolicy.model_validate(old.model_dump() | {order.field: value, "pinned": pinned})
    did = "pinned by the user" if order.what == "pin" else "freed by the user"
    change = _change(key, order.field, before, value, did, round)
    policy = now.policy.model_copy(update={"leaves": {**now.policy.leaves, key: leaf}})
    return Stand(policy, now.taxonomy, (*now.changes, change), now.structure)


def _policy_back(now: Stand, earlier: Policy, order: Order, round: int) -> Stand:
    did = f"taken back by the user to version {order.policy}"
    changes = [
        _change(key, field, old, new, did, round)
        for key, field, old, new in differences(now.policy, earlier)
    ]
    policy = now.policy.model_copy(update={"leaves": dict(earlier.leaves)})
    return Stand(policy, now.taxonomy, (*now.changes, *changes), now.structure)


def _taxonomy_back(now: Stand, earlier: Taxonomy, order: Order) -> Stand:
    did = f"taken back by the user to version {order.taxonomy}"
    taxonomy, changes = now.taxonomy.rolled_back(earlier, did)
    return Stand(now.policy, taxonomy, now.changes, (*now.structure, *changes))


def _change(key: str, field: str, old: float, new: float, did: str, round: int) -> PolicyChange:
    skill, leaf = key.split("/")
    return PolicyChange(
        round=round,
        skill=skill,
        leaf=leaf,
        field=field,
        old=old,
        new=new,
        reason=f"{did}; {field} {old:g} → {new:g}",
    )


def differences(one: Policy, other: Policy) -> Sequence[tuple[str, str, float, float]]:
    """Return (skill/leaf, field, value in the one, value in the other) of all that differs, sorted."""
    found: list[tuple[str, str, float, float]] = []
    for key in sorted(one.leaves.keys() | other.leaves.keys()):
        a, b = (policy.leaves.get(key, LeafPolicy()) for policy in (one, other))
        pairs = (("weight", a.weight, b.weight), ("complexity", a.complexity, b.complexity))
        found += [(key, field, old, new) for field, old, new in pairs if old != new]
    return found
