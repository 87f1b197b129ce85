"""The protocols of the arena by the name that `arena.protocol` of a config gives them.

To add one, build its graph on `BattleState` and name it here.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import cache, partial
from random import Random
from typing import cast

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ...agents.messages import Debate, Debated, Examine
from ...agents.records import Instruction
from ...agents.roles.moderator import NAME
from .. import kinds
from ..services import Services, settle
from ..tracing import episode, traced
from .answers import answer, pick
from .conferring import confer
from .decide import decide
from .judging import judge
from .state import BattleState, BattleUpdate, Pair, Protocol, battle_id, failed, start_state


async def examine(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let the examiner write the question; without one there is nothing to battle over."""
    services, given = runtime.context, state["instruction"]
    message = Examine(instruction=given, leaf=services.leaf(given))
    alias = services.cast.speaks("examiner")
    send = services.troupe.send(message, Instruction, "examiner", alias)
    questions, rejects = await settle([(send, partial(failed, given, "examine", alias))])
    if not questions:
        return {"pairs": [], "rejects": state["rejects"] + rejects}
    return {"instruction": questions[0]}


async def debate(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let every pair debate; a pair whose debate failed is not judged."""
    services, instruction, answers = runtime.context, state["instruction"], state["answers"]
    held, rejects = await settle(
        (
            _held(services, state, pair),
            partial(failed, instruction, "debate", f"{pair[0]} and {pair[1]}"),
        )
        for pair in state["pairs"]
        if all(alias in answers for alias in pair)
    )
    return {
        "pairs": [pair for pair, _ in held],
        "debates": {pair: told.statements for pair, told in held},
        "rejects": state["rejects"] + rejects,
    }


async def _held(services: Services, state: BattleState, pair: Pair) -> tuple[Pair, Debated]:
    """Hold one debate; who opens it is drawn, since opening may help or harm."""
    instruction, answers = state["instruction"], state["answers"]
    draw = Random(f"{services.settings.seed}/{battle_id(instruction, pair)}/opens")
    first, second = pair if draw.random() < 0.5 else pair[::-1]
    message = Debate(
        instruction=instruction,
        first=answers[first],
        second=answers[second],
        a_is_first=first == pair[0],
    )
    return pair, await services.troupe.send(message, Debated, "moderator", NAME)


def _in_order(name: str, *steps: Callable[..., Awaitable[BattleUpdate]]) -> Protocol:
    """Return the graph of nodes that follow one another, compiled."""
    graph = StateGraph(BattleState, context_schema=Services)
    graph.add_sequence(traced(name, *steps))
    graph.add_edge(START, steps[0].__name__)
    graph.add_edge(steps[-1].__name__, END)
    return graph.compile(checkpointer=False, name=name)


def battle() -> Protocol:
    """Return the plain protocol: answers, games in both orders, a verdict."""
    return _in_order("battle", pick, answer, judge, decide)


def committee() -> Protocol:
    """Return the committee: jurors judge, read each other's verdicts, vote again (Auto-Arena)."""
    return _in_order("committee", pick, answer, judge, confer, decide)


def peer_battle() -> Protocol:
    """Return the peer battle: an examiner asks, two contenders debate, a committee judges the whole debate.

    After Auto-Arena (arXiv 2405.20267). The given instruction is the example that the examiner writes its
    question after. Each contender's own answer opens its side of the debate and is what may train: it was
    given without knowing the other's.
    """
    return _in_order("peer_battle", pick, examine, answer, debate, judge, confer, decide)


PROTOCOLS: dict[str, Callable[[], Protocol]] = {
    "battle": battle,
    "committee": committee,
    "peer_battle": peer_battle,
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
