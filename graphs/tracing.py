"""How graphs are traced: nodes where they are added, and graphs where one record begins its way."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ..agents.records import Record
from ..agents.trace import here, record_ids, span

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
                known = set(record_ids(list(state.values())))
                made = record_ids(list(update.values()))
                scope.made.extend(id for id in made if id not in known)
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
            known = set(_about(start))
            scope.made.extend(i for i in record_ids(list(ended.values())) if i not in known)
        return ended


def _about(state: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the records that the work is about: a seed, an instruction."""
    return tuple(value.id for value in state.values() if isinstance(value, Record))


def _round(state: Mapping[str, Any]) -> int:
    """Return the round a state belongs to; 0 where it does not say."""
    found = state.get("round", 0)
    return found if isinstance(found, int) else int(found.number)
