"""The supervisor's graph: a ring of boxes, with the routes that battles take out of their selection.

plan → generate → curate → battle → select → feed back → train → evaluate → gate → plan
├─→ second look ─┤   broken: back to the instruction gate
├─→ taxonomy ────┤   lost: which leaves are asked more
└─→ complexity ──┘   won: how hard they are asked

Rewind: on resume, the round reached starts over where calls failed in it.

Only those calls are asked again, those whose reply did not parse, answers that were cut off where they may
be longer now, and what the user wants asked again: every other one is in the ledger. Earlier rounds stay
as they are, since what came after them was made under the policy that they led to.
"""

from collections.abc import Container
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import StateSnapshot

from ...agents.contender_name import alias_of
from .. import kinds
from ..records import Records, cut_answers
from ..services import FAILURES, Services
from ..tracing import traced
from .battle import battle, second_look
from .complexity import complexity
from .curate import curate
from .decide import select
from .evaluate import evaluate
from .feedback import feed_back
from .gate import ALL_DONE, gate
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


async def rewind(
    supervisor: Supervisor,
    config: RunnableConfig,
    records: Records,
    cut: Container[str] = (),
    *,
    wanted: bool = False,
) -> None:
    """Let the round reached begin again with its generation, if a call failed in it, or where it is `wanted`.

    So it does where it holds a cut answer of a contender that is among `cut`: those that may write more.
    """
    number = (await supervisor.aget_state(config)).values.get("round", 0)
    if not number:
        return
    if not (wanted or await _failed(records, number) or await _cut(records, number, cut)):
        return
    opened = await _opened(supervisor, config, number)
    if opened is None:
        return
    # The checkpoint first: a kill between the two then finds a round that starts over anyway.
    await supervisor.aupdate_state(config, opened, as_node="plan")
    for kind in kinds.OF_ROUND:
        await records.discard(kind, number)


async def _failed(records: Records, number: int) -> bool:
    """Return whether a call failed in a round, or its reply could not be used; a gate's no is no failure."""
    reasons = await records.count_by(kinds.REJECT, "reason", round=number)
    return any((name,) in reasons for name in FAILURES.values())


async def _cut(records: Records, number: int, cut: Container[str]) -> bool:
    answers = await cut_answers(records, number)
    return any(alias_of(who) in cut for who in answers)


async def _opened(
    supervisor: Supervisor, config: RunnableConfig, number: int
) -> dict[str, Any] | None:
    """Return the state in which the round was opened."""
    found: StateSnapshot
    async for found in supervisor.aget_state_history(config):
        if found.next == ("generate",) and found.values["round"] == number:
            return dict(found.values)
    return None


async def extend(supervisor: Supervisor, config: RunnableConfig, rounds: int) -> None:
    """Let a run that did all its rounds go on with the next one, where more are asked for now."""
    values = (await supervisor.aget_state(config)).values
    if values.get("ended") == ALL_DONE and values["round"] < rounds:
        await supervisor.aupdate_state(config, {"ended": ""}, as_node="gate")
