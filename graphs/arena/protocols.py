"""The protocols of the arena by the name that `arena.protocol` of a config gives them.

To add one, build its graph on `BattleState` and name it here.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import cast

from langgraph.graph import END, START, StateGraph

from ...agents.records import Instruction
from .. import kinds
from ..services import Services
from ..tracing import episode, traced
from . import peer_battle
from .answers import answer, pick
from .conferring import confer
from .decide import decide
from .judging import judge
from .matchmaking import Pair
from .state import BattleState, Protocol, start_state


def battle() -> Protocol:
    """Return the plain protocol, compiled: answers, games in both orders, a verdict."""
    graph = StateGraph(BattleState, context_schema=Services)
    graph.add_sequence(traced("battle", pick, answer, judge, decide))
    graph.add_edge(START, "pick")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=False, name="battle")


def committee() -> Protocol:
    """Return the committee, compiled: jurors judge, read each other's verdicts, vote again (Auto-Arena)."""
    graph = StateGraph(BattleState, context_schema=Services)
    graph.add_sequence(traced("committee", pick, answer, judge, confer, decide))
    graph.add_edge(START, "pick")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=False, name="committee")


PROTOCOLS: dict[str, Callable[[], Protocol]] = {
    "battle": battle,
    "committee": committee,
    "peer_battle": peer_battle.build,
}


@cache
def protocol(name: str) -> Protocol:
    """Return a protocol's graph, compiled once."""
    return PROTOCOLS[name]()


async def fight(
    services: Services,
    instruction: Instruction,
    number: int,
    *,
    evaluation: bool = False,
    given: Iterable[Pair] = (),
) -> BattleState:
    """Let an instruction be battled over and write question, answers and battles of the round.

    Without given pairs the graph picks them. The rejects are the caller's: they tell where it stood.
    """
    start = start_state(instruction, number, evaluation=evaluation, given=given)
    graph = protocol(services.settings.arena.protocol)
    ended = cast(BattleState, await episode(graph, start, services))
    if ended["instruction"].id != instruction.id:
        await services.records.add(kinds.QUESTION, number, [ended["instruction"]])
    await services.records.add(kinds.ANSWER, number, list(ended["answers"].values()))
    await services.records.add(kinds.BATTLE, number, ended["battles"])
    return ended
