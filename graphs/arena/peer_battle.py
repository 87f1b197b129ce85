"""The peer battle: an examiner asks, two contenders debate, a committee judges the whole debate.

After Auto-Arena (arXiv 2405.20267). The given instruction is the example that the examiner writes its
question after. Each contender's own answer opens its side of the debate and is what may train: it was
given without knowing the other's.
"""

from functools import partial
from random import Random

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ...agents.messages import Debate, Debated, Examine
from ...agents.records import Instruction
from ...agents.roles.moderator import NAME
from ..services import Services, settle
from ..tracing import traced
from .answers import answer, pick
from .conferring import confer
from .decide import decide
from .judging import judge
from .matchmaking import Pair
from .state import BattleState, BattleUpdate, Protocol, battle_id, failed


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


def build() -> Protocol:
    """Return the compiled subgraph."""
    graph = StateGraph(BattleState, context_schema=Services)
    graph.add_sequence(traced("peer_battle", pick, examine, answer, debate, judge, confer, decide))
    graph.add_edge(START, "pick")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=False, name="peer_battle")
