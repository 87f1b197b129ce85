"""The first nodes of every protocol: who battles whom, and what each of them answers."""

from collections.abc import Iterable
from functools import partial

from langgraph.runtime import Runtime

from ...agents.records import Answer, Instruction, make_id
from .. import kinds
from ..checking import apart, checked
from ..services import Services, settle
from .state import BattleState, BattleUpdate, failed, pairs_of
from .talk import answered


async def pick(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Pick the pairs, unless they were given."""
    return {"pairs": state["pairs"] or pairs_of(runtime.context, state["instruction"])}


async def answer(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let every contender of a pair answer once a sample, and the checker look at the answers."""
    services, instruction = runtime.context, state["instruction"]
    names = dict.fromkeys(name for pair in state["pairs"] for name in pair)
    kept = await _kept(services, instruction, names) if state["evaluation"] else {}
    answers, rejects = await settle(
        (
            answered(services, instruction, name),
            partial(failed, instruction, "answer", name),
        )
        for name in names
        if name not in kept
    )
    found = kept | {
        a.seat: await apart(instruction, partial(checked, instruction, a)) for a in answers
    }
    return {
        "answers": {name: found[name] for name in names if name in found},
        "rejects": state["rejects"] + rejects,
    }


async def _kept(
    services: Services, instruction: Instruction, names: Iterable[str]
) -> dict[str, Answer]:
    """Return what an earlier round's evaluation heard from contenders already: it stays what it was."""
    ids = [make_id("answer", instruction.id, name) for name in names]
    found = await services.records.get_many(kinds.ANSWER, ids)
    return {answer.seat: answer for answer in found.values()}
