"""Flows: how seeds become instructions of a skill. Here subgraphs are joined into one graph a flow.

To add a flow, build its own subgraph on `FlowState` and name it here and in `kinds`; a skill's YAML
picks it by name. One of the user's own is named as `package.module:build`, and joins what it likes of
the subgraphs in this folder.
"""

from collections.abc import Callable

from langgraph.graph.state import CompiledStateGraph

from ...tools.programs import loaded, named
from . import (
    api_lists,
    constraining,
    instruction,
    programmed,
    refinement,
    retrieval,
    transformation,
    web,
)
from .flow_state import Flow, FlowState, joined
from .kinds import OWN


def _passages(name: str, first: Flow, last: Flow) -> Flow:
    """Return `first` (seed to passages), then instruction, then `last`, as one graph."""
    steps = [("transformation", first), ("instruction", instruction.build()), ("refinement", last)]
    return joined(name, steps)


def standard() -> Flow:
    """Return the flow of skills whose passages are texts."""
    return _passages("standard", transformation.build(), refinement.build())


def tool_use() -> Flow:
    """Return the flow of tool use: its passages are API lists."""
    return _passages("tool_use", api_lists.build(), refinement.build())


def constrained() -> Flow:
    """Return the flow of skills whose tasks a program constrains; it makes them harder too."""
    return _passages("constrained", transformation.build(), constraining.build())


def retrieved() -> Flow:
    """Return the flow of skills whose passages are what a search finds."""
    return _passages("retrieval", retrieval.build(), refinement.build())


def program() -> Flow:
    """Return the flow of skills whose instructions a program writes: nobody is asked to refine them."""
    steps = [("transformation", transformation.build()), ("programmed", programmed.build())]
    return joined("program", steps)


def websites() -> Flow:
    """Return the flow of web agents: a program draws sites, and tasks whose outcome it knows."""
    return web.build()


FLOWS: dict[str, Callable[[], Flow]] = {
    "standard": standard,
    "tool_use": tool_use,
    "constrained": constrained,
    "retrieval": retrieved,
    "program": program,
    "web": websites,
}


def opened(name: str) -> Flow:
    """Return a flow's graph.

    Raises:
        ValueError: it is the user's own, and no graph on `FlowState`.
    """
    if OWN not in name:
        return FLOWS[name]()
    build = named(name)
    with loaded(name):
        graph = build() if callable(build) else build
    if not isinstance(graph, CompiledStateGraph):
        raise ValueError(
            f"{name!r} gives {type(graph).__name__}, not a compiled graph; it is a function without "
            "arguments that returns `StateGraph(FlowState, context_schema=Services).compile(...)`"
        )
    if missing := FlowState.__annotations__.keys() - graph.channels.keys():
        raise ValueError(
            f"{name!r}: its graph lacks {', '.join(sorted(missing))} of FlowState "
            f"({FlowState.__module__}), which every flow has as its input and output"
        )
    return graph
