"""The first nodes of every protocol: who battles whom, and what each of them answers.

With a simulated user each contender is in a talk of its own. A task's later user turns are the user's
agenda, one aim a turn: what is said is worded in the light of the answers. The user ends the talk once
nothing of it is left to ask, or the agenda does.
"""

from collections.abc import Iterable
from functools import partial
from itertools import chain

from langgraph.runtime import Runtime

from ...agents.contender_name import sample_of
from ...agents.messages import Respond, Said, Speak
from ...agents.records import Answer, Instruction, Turn, make_id
from .. import kinds
from ..checking import apart, checked
from ..services import Services, settle
from .state import BattleState, BattleUpdate, failed, pairs_of


def simulated(services: Services, instruction: Instruction) -> bool:
    """Return whether a simulated user says the later turns of an instruction.

    Not where tools are used, whose sessions hang on one conversation, and not before a recorded contender,
    whose answers stand.
    """
    recorded = any(services.models[a].provider == "recorded" for a in _speakers(services))
    return (
        services.settings.arena.user == "simulated"
        and services.skills[instruction.skill].user == "simulated"
        and bool(instruction.user_turns)
        and not instruction.environment.callable
        and not recorded
    )


async def answered(services: Services, instruction: Instruction, name: str) -> Answer:
    """Return a contender's answer: its whole talk, or its turns to what the user says in any case."""
    if not simulated(services, instruction):
        return await _turn(services, instruction, name, None)
    answer = await _turn(services, instruction, name, ())
    aims = instruction.user_turns[: services.settings.arena.user_turns]
    while aims:
        message = Speak(instruction=instruction, talk=answer.turns, aims=aims)
        said = await services.troupe.send(message, Said, "user", services.cast.speaks("user"))
        if said.done:
            break
        talk = (*answer.turns, Turn(role="user", content=said.text))
        answer = _joined(answer, await _turn(services, instruction, name, talk))
        aims = aims[1:]
    return answer


async def _turn(
    services: Services, instruction: Instruction, name: str, talk: tuple[Turn, ...] | None
) -> Answer:
    message = Respond(instruction=instruction, sample=sample_of(name), talk=talk)
    return await services.troupe.send(message, Answer, "contender", services.speaker(name))


def _joined(before: Answer, after: Answer) -> Answer:
    """Return the later answer, which holds the whole talk, with what is known of the earlier turns."""
    thoughts = tuple(chain.from_iterable(map(_thoughts, (before, after))))
    return after.model_copy(
        update={
            "cut": before.cut or after.cut,
            "thoughts": thoughts if any(thoughts) else (),
        }
    )


def _thoughts(answer: Answer) -> tuple[str, ...]:
    """Return what was thought before each turn that this answer brought; empty texts where nothing was."""
    return answer.thoughts or ("",)


def _speakers(services: Services) -> set[str]:
    return {services.speaker(name) for name in services.contenders}


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
