"""The supervisor's graph: a ring of boxes, with the routes that battles take out of their selection.

plan → generate → curate → battle → select → feed back → train → evaluate → gate → plan
├─→ second look ─┤   broken: back to the instruction gate
├─→ taxonomy ────┤   lost: which leaves are asked more
└─→ complexity ──┘   won: how hard they are asked
"""

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ..services import Services
from ..tracing import traced
from .battle import battle, second_look
from .complexity import complexity
from .curate import curate
from .decide import select
from .evaluate import evaluate
from .feedback import feed_back
from .gate import gate
from .generate import generate
from .plan import plan
from .state import RunState
from .taxonomy import taxonomy
from .train import train

Supervisor = CompiledStateGraph[RunState, Services, RunState, RunState]
ROUTES = ["second_look", "taxonomy", "complexity", "feed_back"]


def routes(state: RunState, runtime: Runtime[Services]) -> list[str]:
    """Return where the round's battles go: each box that has something to do, else on."""
    counts = state["counts"]
    decided = sum(counts.get(outcome, 0) for outcome in ("lost", "won", "even"))
    looks = counts.get("broken", 0) and runtime.context.settings.curation.model_gate
    found = ["second_look"] if looks else []
    found += ["taxonomy", "complexity"] if decided else []
    return found or ["feed_back"]


def next_round(state: RunState) -> str:
    """Return where to go after the gate."""
    return END if state["ended"] else "plan"


def build(checkpointer: BaseCheckpointSaver[str] | None = None) -> Supervisor:
    """Return the compiled graph."""
    graph = StateGraph(RunState, context_schema=Services)
    graph.add_sequence(traced("supervisor", plan, generate, curate, battle, select))
    graph.add_sequence(traced("supervisor", feed_back, train, evaluate, gate))
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("select", routes, ROUTES)
    for route in traced("supervisor", second_look, taxonomy, complexity):
        graph.add_node(route).add_edge(route.__name__, "feed_back")
    graph.add_conditional_edges("gate", next_round, ["plan", END])
    return graph.compile(checkpointer=checkpointer, name="supervisor")


def shown() -> Supervisor:
    """Return the graph for LangGraph's own tools, which bring a checkpointer of theirs."""
    return build()
