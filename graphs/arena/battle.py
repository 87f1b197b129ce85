"""The plain protocol: answers, games in both orders, a verdict."""

from langgraph.graph import END, START, StateGraph

from ..services import Services
from ..tracing import traced
from .answers import answer, pick
from .decide import decide
from .judging import judge
from .state import BattleState, Protocol


def build() -> Protocol:
    """Return the compiled subgraph."""
    graph = StateGraph(BattleState, context_schema=Services)
    graph.add_sequence(traced("battle", pick, answer, judge, decide))
    graph.add_edge(START, "pick")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=False, name="battle")
