"""A fight: one instruction's way through a protocol, and what came of it written down."""

from collections.abc import Iterable
from functools import cache
from typing import cast

from ...agents.records import Instruction
from .. import kinds
from ..services import Services
from ..tracing import episode
from .matchmaking import Pair
from .protocols import PROTOCOLS
from .state import BattleState, Protocol, start_state


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
