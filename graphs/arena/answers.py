"""The first nodes of every protocol: who battles whom, and what each of them answers."""

from functools import partial

from langgraph.runtime import Runtime

from ...agents.contender_name import sample_of
from ...agents.messages import Respond
from ...agents.records import Answer
from ..checking import checked
from ..services import Services, settle
from .state import BattleState, BattleUpdate, failed, pairs_of


async def pick(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Pick the pairs, unless they were given."""
    return {"pairs": state["pairs"] or pairs_of(runtime.context, state["instruction"])}


async def answer(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let every contender of a pair answer once a sample, and the checker look at the answers."""
    services, instruction = runtime.context, state["instruction"]
    names = dict.fromkeys(name for pair in state["pairs"] for name in pair)
    answers, rejects = await settle(
        (
            services.troupe.send(
                Respond(instruction=instruction, sample=sample_of(name)),
                Answer,
                "contender",
                services.speaker(name),
            ),
            partial(failed, instruction, "answer", name),
        )
        for name in names
    )
    return {
        "answers": {a.seat: checked(instruction, a) for a in answers},
        "rejects": state["rejects"] + rejects,
    }
