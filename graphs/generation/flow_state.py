"""The state of every generation flow: one seed's way through one skill in one round.

All flows have it as input and as output, so that a skill whose way differs brings its own subgraph.
"""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from ...agents.records import Instruction, Passage, Reject, Seed, Suggestion
from ...taxonomy.quota import Seat
from ...taxonomy.skill import Skill, Transformation
from ..services import Round, Services
from ..tracing import traced


class FlowState(TypedDict):
    """What a flow carries; records of one seed only, so it stays small."""

    seed: Seed
    skill: str
    round: Round
    seats: tuple[Seat, ...]
    """What the round's quotas ask of this seed: passages, and leaves about each."""
    passages: list[Passage]
    instructions: list[Instruction]
    suggestions: list[Suggestion]
    """Every direction of refinement: edited instructions have theirs among their parents."""
    rejects: list[Reject]


class FlowUpdate(TypedDict, total=False):
    """What a node of a flow changes: whole lists, since a subgraph hands its whole state back."""

    passages: list[Passage]
    instructions: list[Instruction]
    suggestions: list[Suggestion]
    rejects: list[Reject]


Flow = CompiledStateGraph[Any, Services, FlowState, FlowState]
"""A compiled graph from a seed to its instructions, or a part of one."""


def in_order(name: str, *nodes: Callable[..., Awaitable[FlowUpdate]]) -> Flow:
    """Return a graph whose nodes run one after another."""
    return joined(name, [(node.__name__, node) for node in traced(name, *nodes)])


def joined(name: str, steps: list[tuple[str, Any]]) -> Flow:
    """Return a graph of named nodes or subgraphs that run one after another."""
    graph = StateGraph(FlowState, context_schema=Services)
    graph.add_sequence(steps)
    graph.add_edge(START, steps[0][0])
    graph.add_edge(steps[-1][0], END)
    return graph.compile(checkpointer=False, name=name)


def start_state(seed: Seed, skill: str, round: Round, seats: tuple[Seat, ...]) -> FlowState:
    """Return the state a flow starts from."""
    return FlowState(
        seed=seed,
        skill=skill,
        round=round,
        seats=seats,
        passages=[],
        instructions=[],
        suggestions=[],
        rejects=[],
    )


def ways(state: FlowState, skill: Skill) -> list[Transformation]:
    """Return the transformations that the seed is to go through."""
    by_name = {t.name: t for t in skill.transformations}
    return [by_name[seat.transformation] for seat in state["seats"]]


def chance(seed: int, state: FlowState, what: str) -> Random:
    """Return random numbers that depend on the config's seed, the document, the skill and the round."""
    return Random(f"{seed}/{state['seed'].id}/{state['skill']}/{state['round'].number}/{what}")
