"""`langgraph.json`: every graph there is, as LangGraph's own tools open it."""

import json
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph.state import CompiledStateGraph

from arenainstruct.graphs.arena.protocols import PROTOCOLS
from arenainstruct.graphs.generation.flows import FLOWS
from arenainstruct.runs.view.picture import box_of
from arenainstruct.tools.programs import named

GRAPHS: dict[str, str] = json.loads(
    (Path(__file__).resolve().parents[1] / "langgraph.json").read_text(encoding="utf-8")
)["graphs"]


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_opens_with_its_picture_and_its_schemas(name: str) -> None:
    build: Callable[[], CompiledStateGraph[Any, Any, Any, Any]] = named(GRAPHS[name])
    assert not signature(build).parameters, "it would be handed a config"
    graph = build()
    drawn = graph.get_graph(xray=True)
    assert len(drawn.nodes) > 3 and len(drawn.edges) > 2
    assert graph.get_input_jsonschema()["properties"]
    assert graph.get_output_jsonschema()["properties"]
    graph.get_context_jsonschema()


def test_every_flow_and_protocol_is_named_and_stands_in_its_box_of_the_viewer() -> None:
    assert {box_of(name) for name in PROTOCOLS} == {"battle"}
    assert {box_of(name) for name in FLOWS} == {"generate"}
    assert GRAPHS.keys() >= FLOWS.keys() | PROTOCOLS.keys()
