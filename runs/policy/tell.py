"""What `arenainstruct policy` prints: a row a leaf, or what two versions differ in."""

from typing import Any

from ...graphs.supervisor.cells import Cell, Leaves, by, by_leaf, together
from ...graphs.supervisor.plan import differences
from ...taxonomy.policy import PolicyChange
from ...tools.ratings.share import wilson
from ..report import restructuring
from .history import Cost, History

_HEAD = (
    f"{'leaf':<34} {'weight':>6} {'share':>6} {'level':>5} {'asked':>6} {'won':>5} {'tied':>5} {'lost':>5} "
    f"{'taught':>6} {'interval':<12} {'dispute':>7} {'new':>5} {'USD':>8}  notes"
)


def show(history: History) -> str:
    """Return the policy in force with what all rounds showed of each leaf."""
    policy, taxonomy = history.policy.policy, history.taxonomy.taxonomy
    lines = [
        f"policy version {policy.version} (after round {history.policy.round}), "
        f"taxonomy version {taxonomy.version}"
    ]
    seen = _seen(history)
    for skill in taxonomy.skills:
        lines += ["", skill.name, f"  {_HEAD}"]
        shares = policy.shares(skill)
        for leaf in skill.leaves:
            cell = seen.get((skill.name, leaf.name), Cell())
            if leaf.retired and not cell.asked:
                continue
            notes = [f"{field} pinned" for field in policy.of(skill.name, leaf.name).pinned]
            notes += ["retired"] if leaf.retired else []
            notes += ["on trial"] if f"{skill.name}/{leaf.name}" in taxonomy.trials else []
            notes += [f"{count} {cause}" for cause, count in cell.dropped]
            notes += [f"{cell.broken} broken"] if cell.broken else []
            own = policy.of(skill.name, leaf.name)
            cost = history.costs.get((skill.name, leaf.name), Cost())
            lines.append(
                f"  {leaf.name:<34} {own.weight:>6.3g} {shares.get(leaf.name, 0):>6.1%} "
                f"{own.level:>5g} {cell.asked:>6} {cell.won:>5} {cell.tied:>5} {cell.lost:>5} "
                f"{_taught(cell)} {_share(cell.dispute):>7} {_share(cell.novelty):>5} "
                f"{cost.usd:>8.4f}  {', '.join(notes)}".rstrip()
            )
    if history.waiting:
        lines += ["", "Waiting for the next round:"]
        lines += [f"  {order}" for order in history.waiting]
    return "\n".join(lines)


def _seen(history: History) -> Leaves:
    """Return what all rounds together showed of each leaf."""
    rounds = [by_leaf(table) for table in history.tables.values()]
    names = {name for leaves in rounds for name in leaves}
    return {name: together(leaves[name] for leaves in rounds if name in leaves) for name in names}


def _taught(cell: Cell) -> str:
    own = cell.evidence
    if not own.tried:
        return f"{'':>6} {'':<12}"
    low, high = wilson(own.share, own.tried)
    return f"{own.share:>6.2f} {f'{low:.2f} to {high:.2f}':<12}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def shown(history: History) -> dict[str, Any]:
    """Return the same as JSON values, and the whole table: round by leaf, transformation and band."""
    policy, taxonomy = history.policy.policy, history.taxonomy.taxonomy
    return {
        "policy": policy.version,
        "taxonomy": taxonomy.version,
        "leaves": [
            {
                "skill": skill.name,
                "leaf": leaf.name,
                **(own := policy.of(skill.name, leaf.name)).model_dump(),
                "level": own.level,
                "share": policy.shares(skill).get(leaf.name, 0.0),
                "retired": leaf.retired,
                "on_trial": f"{skill.name}/{leaf.name}" in taxonomy.trials,
                "calls": (cost := history.costs.get((skill.name, leaf.name), Cost())).calls,
                "tokens": cost.tokens,
                "usd": cost.usd,
            }
            for skill in taxonomy.skills
            for leaf in skill.leaves
        ],
        "cells": [
            {"round": number, **dict(zip(_PLACE, place, strict=True)), **_cell(cell)}
            for number, table in history.tables.items()
            for place, cell in by(table, tuple).items()
        ],
        "waiting": [str(order) for order in history.waiting],
    }


_PLACE = ("skill", "leaf", "transformation", "band")


def _cell(cell: Cell) -> dict[str, Any]:
    own = cell.evidence
    interval = wilson(own.share, own.tried) if own.tried else (None, None)
    counts = ("asked", "won", "tied", "lost", "decided", "taught", "broken", "battles", "disputed")
    return {
        **{name: getattr(cell, name) for name in counts},
        "rejects": dict(cell.dropped),
        "share_taught": own.share if own.tried else None,
        "low": interval[0],
        "high": interval[1],
        "dispute": cell.dispute,
        "novelty": cell.novelty,
    }


def diff(history: History, one: int, other: int) -> dict[str, Any]:
    """Return what two versions of the policy differ in, with the reasons on the way from one to the other."""
    first, second = history.version(one), history.version(other)
    between = [v for v in history.policies if min(one, other) < v.policy.version <= max(one, other)]
    reasons: dict[tuple[str, str], list[PolicyChange]] = {}
    for change in (change for version in between for change in version.changes):
        reasons.setdefault((f"{change.skill}/{change.leaf}", change.field), []).append(change)
    rounds = {version.round for version in between}
    structure = [
        {"version": v.taxonomy.version, "round": v.round, **change.model_dump(mode="json")}
        for v in history.taxonomies
        if v.round in rounds and v.taxonomy.version > 1
        for change in v.changes
    ]
    return {
        "from": one,
        "to": other,
        "changes": [
            {
                "leaf": key,
                "field": field,
                "old": old,
                "new": new,
                "reasons": [f"round {c.round}: {c.reason}" for c in reasons.get((key, field), [])],
            }
            for key, field, old, new in differences(first.policy, second.policy)
        ],
        "structure": structure,
    }


def told(found: dict[str, Any]) -> str:
    """Return a difference in words."""
    lines = [f"policy version {found['from']} → {found['to']}: {len(found['changes'])} differences"]
    for change in found["changes"]:
        lines.append(f"  {change['leaf']}: {change['field']} {change['old']:g} → {change['new']:g}")
        lines += [f"      {reason}" for reason in change["reasons"]]
    for change in found["structure"]:
        lines.append(f"  taxonomy version {change['version']}: {restructuring(change)}")
    return "\n".join(lines)
