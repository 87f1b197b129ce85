"""Evaluate: after training, the target meets the others and its predecessor on the held-out set.

The set is the same in every round, and a battle between the same weights is fought once: so ratings of
two rounds differ by what was trained, and not by what was asked.

Ratings after a round: Bradley–Terry strengths of the contenders, jury by jury.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from itertools import chain
from random import Random
from typing import Literal

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.records import Battle, Instruction, Reject, make_id
from .. import kinds, stages
from ..arena.protocols import fight
from ..arena.state import Pair, battle_id, given_id, pairs
from ..arena.verdict import Row, rows
from ..arena.weighing import weigh
from ..services import Services, failed_at
from ..stream import each, paged
from .decide import PAGE, answers_of, decided
from .decisions import HeldOut, ModelRating, RoundRatings
from .held_out import HeldOutSeeds, draw
from .state import RunState, RunUpdate, in_force

STAGE = stages.EVALUATE.name


async def evaluate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Fight the held-out battles that are not fought yet, decide on them, and rate everyone."""
    services, number = await in_force(state, runtime), state["round"]
    await services.records.discard(kinds.REJECT, number, stage=STAGE)
    await services.records.discard(kinds.BATTLE, number, purpose="evaluation")
    held = await draw(services, number)
    if held and held.round == number:
        await _set_aside(services, held)
    count = await _fight_all(services, held, state) if held else 0
    await rate_round(services, number)
    return {"counts": {**state["counts"], "evaluation": count}}


async def _set_aside(services: Services, held: HeldOut) -> None:
    """Say of every held-out instruction beyond those drawn that nobody will battle over it."""
    seeds, among = await HeldOutSeeds.draw(services), frozenset(held.instructions)
    why = EpisodeError(
        "its document is held out, and more instructions of such passed the gate than "
        f"evaluation.instructions asks for ({services.settings.evaluation.instructions})"
    )
    instructions = services.records.stream(kinds.INSTRUCTION, held.round)
    async for page in paged(instructions, PAGE):
        rejects = [
            failed_at(STAGE, one)(why, reason="not_drawn")
            for one in page
            if one.seed_id in seeds and one.id not in among
        ]
        await services.records.add(kinds.REJECT, held.round, rejects)


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


Purpose = Literal["selection", "evaluation"]
PURPOSES: tuple[Purpose, ...] = ("selection", "evaluation")


async def rate_round(services: Services, number: int) -> None:
    """Rate by the games of this round's selection battles, and of all evaluation battles so far.

    Battles over broken instructions do not count: what nobody could answer tells of the instruction and
    not of the models, and moves no policy either.
    """
    broken = {
        d.instruction_id
        async for d in services.records.stream(kinds.DECISION)
        if d.outcome == "broken"
    }
    rated = [r for p in PURPOSES if (r := await ratings(services, number, p, broken)) is not None]
    await services.records.replace(kinds.RATING, number, rated)
    for ratings_ in rated:
        services.notify("rated", **ratings_.model_dump(exclude={"id", "parents"}))


async def ratings(
    services: Services, number: int, purpose: Purpose, broken: Collection[str]
) -> RoundRatings | None:
    """Return the ratings by one jury's battles, with bootstrap intervals by question; None without any."""
    games: list[Row] = []
    battles: Counter[str] = Counter()
    # Held-out battles are fought once for the whole run.
    of_round = number if purpose == "selection" else None
    async for battle in services.records.stream(kinds.BATTLE, of_round):
        if battle.purpose == purpose and not battle.own and battle.instruction_id not in broken:
            games.extend(rows(battle))
            battles.update((battle.model_a, battle.model_b))
    if not games:
        return None
    # numpy is not needed before the first rating
    from ...tools.ratings.fit import rate
    from ...tools.ratings.intervals import bootstrap, bounds
    from ...tools.ratings.standings import standings
    from ...tools.ratings.table import BattleTable

    table = BattleTable.from_rows(games)
    fit = rate(table)
    settings = services.settings
    intervals = bootstrap(table, fit, rounds=settings.arena.bootstrap_rounds, seed=settings.seed)
    return RoundRatings(
        id=make_id("rating", number, purpose),
        round=number,
        purpose=purpose,
        models=tuple(
            ModelRating(
                model=s.model,
                rating=round(s.rating, 1),
                low=(interval := bounds(s.low, s.high))[0],
                high=interval[1],
                battles=battles[s.model],
            )
            for s in standings(table, fit, intervals)
        ),
        note=_note(fit.regularised, fit.components),
    )


def _note(regularised: bool, components: tuple[tuple[str, ...], ...]) -> str:
    if not regularised:
        return ""
    groups = "; ".join(", ".join(group) for group in components)
    return f"no chain of wins both ways joins {groups}: a small ridge holds these ratings finite"
