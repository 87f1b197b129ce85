"""The supervisor's state: numbers and decisions only; rows live in the store."""

from typing import TypedDict

from langgraph.runtime import Runtime

from ...taxonomy.policy import Policy
from ..services import Round, Services
from .decisions import PolicyVersion


class RunState(TypedDict):
    """What the checkpointer keeps between stages."""

    round: int
    """The round under way, from 1; 0 before the first plan."""
    policy: str
    """Id of the policy version in force."""
    counts: dict[str, int]
    """Of the round under way: by stage."""
    ended: str
    """Why no further round follows; empty while the run goes on."""


class RunUpdate(TypedDict, total=False):
    """What a node changes."""

    round: int
    policy: str
    counts: dict[str, int]
    ended: str


def start_state() -> RunState:
    """Return the state a run starts from."""
    return RunState(round=0, policy="", counts={}, ended="")


def current_round(state: RunState, runtime: Runtime[Services]) -> Round:
    """Return the round under way with its policy."""
    version = runtime.context.records.get("policy", state["policy"], PolicyVersion)
    return Round(state["round"], version.policy if version else Policy())
