"""Feed back: the round's decisions become the next version of the policy."""

from collections import defaultdict

from langgraph.runtime import Runtime

from ...agents.records import make_id
from ..services import Services
from .decisions import Decision, PolicyVersion
from .feedback import LeafRecord, update
from .state import RunState, RunUpdate, current_round


async def feed_back(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Write the next policy version with its reasons, and say whether another round is worth it."""
    services, round = runtime.context, current_round(state, runtime)
    records = await leaf_records(services, round.number)
    policy, changes = update(
        round.policy,
        records,
        services.skills.values(),
        round=round.number,
        settings=services.settings.feedback,
    )
    version = state["policy"]
    new = PolicyVersion(
        id=make_id("policy", policy.version),
        parents=(version,),
        round=round.number,
        policy=policy,
        changes=tuple(changes),
    )
    await services.records.replace("policy", round.number, [new] if changes else [])
    version = new.id if changes else version
    for change in changes:
        services.notify("policy_changed", **change.model_dump())
    ended = _ended(state, services)
    services.notify("round_finished", round=round.number, counts=state["counts"], ended=ended)
    return {"policy": version, "ended": ended}


async def leaf_records(services: Services, number: int) -> dict[tuple[str, str], LeafRecord]:
    """Return the target's record by (skill, leaf); broken and held-out instructions do not count."""
    found: dict[tuple[str, str], LeafRecord] = defaultdict(LeafRecord)
    async for d in services.records.stream("decision", Decision, number):
        if d.outcome not in ("broken", "held_out"):
            found[d.skill, d.leaf] += LeafRecord(d.won, d.tied, d.lost)
    return dict(found)


def _ended(state: RunState, services: Services) -> str:
    """Return why no further round follows, or the empty string."""
    if state["round"] >= services.settings.rounds:
        return "all rounds are done"
    counts = state["counts"]
    if not counts.get("sft") and not counts.get("preference"):
        return "nothing was learned: no battle of this round gave a training row"
    return ""
