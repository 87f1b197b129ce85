"""The supervisor's state: numbers, versions and decisions only; rows live in the store."""

from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from ...taxonomy.policy import Policy
from .. import kinds
from ..services import Round, Services

Changes = list[dict[str, Any]]
"""Policy changes as plain data: a checkpoint holds no class that a later release may rename."""


class RunState(TypedDict):
    """What the checkpointer keeps between stages."""

    round: int
    """The round under way, from 1; 0 before the first plan."""
    target: str
    """Name of the target in force, `alias@version`: the alias alone until a trained one is promoted."""
    candidate: str
    """Name of the target that this round trained; empty where it trained none."""
    policy: str
    """Id of the policy version in force."""
    taxonomy: str
    """Id of the taxonomy version in force."""
    counts: dict[str, int]
    """Of the round under way: by stage and by outcome."""
    weights: Changes
    """What the taxonomy node would change of the policy."""
    levels: Changes
    """What the complexity node would change of the policy."""
    refinement: dict[str, Any]
    """The policy's half of refinement as the complexity node would have it; empty where it says nothing."""
    gate: str
    """The gate's word on the round's candidate; empty until it is said."""
    ended: str
    """Why no further round follows; empty while the run goes on."""


class RunUpdate(TypedDict, total=False):
    """What a node changes."""

    round: int
    target: str
    candidate: str
    policy: str
    taxonomy: str
    counts: dict[str, int]
    weights: Changes
    levels: Changes
    refinement: dict[str, Any]
    gate: str
    ended: str


def start_state(**values: Any) -> RunState:
    """Return the state a run starts from, with other values where they are given."""
    state = RunState(
        round=0,
        target="",
        candidate="",
        policy="",
        taxonomy="",
        counts={},
        weights=[],
        levels=[],
        refinement={},
        gate="",
        ended="",
    )
    return state | values  # type: ignore[return-value]


async def in_force(state: RunState, runtime: Runtime[Services]) -> Services:
    """Return the run as this round sees it: with its taxonomy, and the target that battles now."""
    services = runtime.context
    found = await services.records.get(kinds.TAXONOMY, state["taxonomy"])
    if found is not None:
        services = replace(services, skills=found.taxonomy.by_name)
    return services.with_target(state["target"])


async def current_round(state: RunState, runtime: Runtime[Services]) -> Round:
    """Return the round under way with its policy."""
    version = await runtime.context.records.get(kinds.POLICY, state["policy"])
    return Round(state["round"], version.policy if version else Policy())
