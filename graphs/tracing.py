"""How graphs are traced: nodes where they are added, and graphs where one record begins its way."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ..agents.records import Record
from ..agents.trace import here, span

N = TypeVar("N", bound=Callable[..., Awaitable[Any]])


def traced(graph: str, *nodes: N) -> list[N]:
    """Return the nodes of a graph, for `add_sequence` or one by one, with a scope around each."""
    return [_traced(graph, node) for node in nodes]


def _traced(graph: str, work: N) -> N:
    name = work.__name__

    @wraps(work)
    async def node(state: Mapping[str, Any], runtime: Runtime[Any]) -> Any:
        above = here()
        if above is None:
            return await work(state, runtime)
        round = _round(state) or above.round
        with span("node", records=_about(state), graph=graph, node=name, round=round) as scope:
            update = await work(state, runtime)
            if scope is not None:
                scope.made.extend(_made(update, state))
            return update

    return cast(N, node)


async def episode(
    graph: CompiledStateGraph[Any, Any, Any, Any], start: Any, services: object
) -> dict[str, Any]:
    """Run one record's whole way through a graph and return the state it ends in."""
    above = here()
    round = _round(start) or (above.round if above else 0)
    with span("episode", records=_about(start), graph=graph.name, node="", round=round) as scope:
        ended: dict[str, Any] = await graph.ainvoke(start, context=services)
        if scope is not None:
            scope.made.extend(_made(ended, start))
        return ended


def _about(state: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the records that the work is about: a seed, an instruction."""
    return tuple(value.id for value in state.values() if isinstance(value, Record))


def _made(after: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Return the ids of the records that are in the one state and not in the other."""
    found: dict[str, None] = {}
    for name, value in after.items():
        if new := _ids(value):
            known = set(_ids(before.get(name)))
            found |= dict.fromkeys(id for id in new if id not in known)
    return list(found)


def _ids(value: object) -> list[str]:
    """Return the ids of the records that a field of a state holds."""
    if isinstance(value, Record):
        return [value.id]
    if isinstance(value, dict):
        value = list(value.values())
    return [v.id for v in value if isinstance(v, Record)] if isinstance(value, list) else []


def _round(state: Mapping[str, Any]) -> int:
    """Return the round a state belongs to; 0 where it does not say."""
    found = state.get("round", 0)
    return found if isinstance(found, int) else int(found.number)
