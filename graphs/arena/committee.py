"""The committee: jurors judge, read each other's verdicts, and vote again (Auto-Arena)."""

from langgraph.graph import END, START, StateGraph

from ..services import Services
from ..tracing import traced
from .answers import answer, pick
from .conferring import confer
from .decide import decide
from .judging import judge
from .state import BattleState, Protocol


def build() -> Protocol:
    """Return the compiled subgraph."""
    graph = StateGraph(BattleState, context_schema=Services)
    graph.add_sequence(traced("committee", pick, answer, judge, confer, decide))
    graph.add_edge(START, "pick")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=False, name="committee")
