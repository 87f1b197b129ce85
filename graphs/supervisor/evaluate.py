"""Evaluate: after training, the target meets the others and its predecessor on the held-out set.

The set is the same in every round, and a battle between the same weights is fought once: so ratings of
two rounds differ by what was trained, and not by what was asked.
"""

from collections.abc import AsyncIterator, Sequence
from itertools import chain
from random import Random

from langgraph.runtime import Runtime

from ...agents.records import Battle, Instruction, Reject, make_id
from .. import kinds, stages
from ..arena.fight import fight
from ..arena.matchmaking import Pair, pairs
from ..arena.state import battle_id, given_id
from ..arena.weighing import weigh
from ..services import Services
from ..stream import each
from .decide import answers_of, decided
from .decisions import HeldOut
from .held_out import draw
from .rating import rate_round
from .state import RunState, RunUpdate, in_force

STAGE = stages.EVALUATE.name


async def evaluate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Fight the held-out battles that are not fought yet, decide on them, and rate everyone."""
    services, number = await in_force(state, runtime), state["round"]
    await services.records.discard(kinds.REJECT, number, stage=STAGE)
    await services.records.discard(kinds.BATTLE, number, purpose="evaluation")
    held = await draw(services, number)
    count = await _fight_all(services, held, state) if held else 0
    await rate_round(services, number)
    return {"counts": {**state["counts"], "evaluation": count}}


async def _fight_all(services: Services, held: HeldOut, state: RunState) -> int:
    number, candidate = state["round"], state["candidate"]
    services.notify("stage_started", stage=STAGE, total=len(held.instructions))
    fought = 0

    async def one(instruction: Instruction) -> None:
        nonlocal fought
        given = await _open(services, instruction, _pairs(services, instruction, candidate))
        if given:
            ended = await fight(services, instruction, number, evaluation=True, given=given)
            await services.records.add(kinds.REJECT, number, list(map(_here, ended["rejects"])))
            fought += len(ended["battles"])
        services.notify("progress", stage=STAGE)

    def _here(reject: Reject) -> Reject:
        # The same one may fail over the same instruction in every round.
        id = make_id("reject", STAGE, number, reject.id)
        return reject.model_copy(update={"id": id, "stage": STAGE, "round": number})

    await each(_asked(services, held.instructions), one, services.settings.in_flight)
    if services.settings.arena.aggregation == "judge_aware":
        await weigh(services.records, number, purpose="evaluation")
    await _decide(services.with_target(candidate), held, number)
    services.notify("stage_finished", stage=STAGE, count=fought)
    return fought


def _pairs(services: Services, instruction: Instruction, candidate: str) -> list[Pair]:
    """Return who meets whom: as in every battle or, with a candidate, it against everyone else."""
    settings, everyone = services.settings, services.contenders
    random = Random(f"{settings.seed}/{given_id(instruction)}/evaluation/{candidate}")
    if not candidate:
        count = settings.arena.battles_per_instruction
        return pairs(everyone, services.target, battles=count, random=random)
    return pairs((candidate, *everyone), candidate, battles=len(everyone), random=random)


async def _open(services: Services, instruction: Instruction, meant: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that no earlier round fought over this instruction."""
    ids = {pair: {battle_id(instruction, p) for p in (pair, (pair[1], pair[0]))} for pair in meant}
    fought = await services.records.get_many(kinds.BATTLE, sorted(set().union(*ids.values())))
    return [pair for pair in meant if not ids[pair] & fought.keys()]


async def _asked(services: Services, ids: Sequence[str]) -> AsyncIterator[Instruction]:
    """Yield the held-out instructions in the order of their ids."""
    found = await services.records.get_many(kinds.INSTRUCTION, ids)
    for id in ids:
        if id in found:
            yield found[id]


async def _decide(services: Services, held: HeldOut, number: int) -> None:
    """Write what all evaluation battles so far say of each held-out instruction: held out, or broken."""
    battles: dict[str, list[Battle]] = {}
    async for battle in services.records.stream(kinds.BATTLE):
        if battle.purpose == "evaluation":
            battles.setdefault(battle.instruction_id, []).append(battle)
    answers = await answers_of(services, chain.from_iterable(battles.values()))
    decisions = [
        decision
        async for instruction in _asked(services, held.instructions)
        if (decision := decided(services, instruction, battles.get(instruction.id, []), answers))
    ]
    await services.records.rewrite(
        kinds.DECISION,
        number,
        [
            d if d.outcome == "broken" else d.model_copy(update={"outcome": "held_out"})
            for d in decisions
        ],
    )
