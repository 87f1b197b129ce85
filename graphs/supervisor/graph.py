"""The supervisor's graph: eight boxes in a ring, kept by a checkpointer between stages."""

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from ..services import Services
from ..tracing import traced
from .battle import battle
from .curate import curate
from .evaluate import evaluate
from .feed_back import feed_back
from .generate import generate
from .plan import plan
from .select import select
from .state import RunState
from .train import train

Supervisor = CompiledStateGraph[RunState, Services, RunState, RunState]


def next_round(state: RunState) -> str:
    """Return where to go after the feedback."""
    return END if state["ended"] else "plan"


def build(checkpointer: BaseCheckpointSaver[str] | None = None) -> Supervisor:
    """Return the compiled graph."""
    graph = StateGraph(RunState, context_schema=Services)
    stages = (plan, generate, curate, battle, select, train, evaluate, feed_back)
    graph.add_sequence(traced("supervisor", *stages))
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("feed_back", next_round, ["plan", END])
    return graph.compile(checkpointer=checkpointer, name="supervisor")
