"""Deciding on a round: every instruction's battles say where it goes, and which of its answers train."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from ...agents.records import Answer, Battle, Instruction, Record
from .. import kinds, stages
from ..arena.state import battle_ids
from ..records import start_over
from ..services import Services
from . import selection
from .decisions import Decision, decision_id
from .feedback import LeafRecord
from .outcome import outcome, record_of

BATCH = 200


async def decide_round(
    services: Services, number: int, *, told: Callable[[], None] = lambda: None
) -> Counter[str]:
    """Write a round's decisions and training rows anew from the battles it has; return the outcomes.

    `told` is called after each instruction. No model is asked.
    """
    await start_over(services.records, stages.SELECT, number)
    outcomes: Counter[str] = Counter()
    batch: list[Record] = []
    instructions = services.records.stream(kinds.INSTRUCTION, number)
    async for instruction in instructions:
        records = _of(services, instruction)
        batch += records
        outcomes.update(r.outcome for r in records if isinstance(r, Decision))
        told()
        if len(batch) >= BATCH:
            await _write(services, number, batch)
            await asyncio.sleep(0)  # the live view and the keyboard have their turn
    await _write(services, number, batch)
    return outcomes


def _of(services: Services, instruction: Instruction) -> list[Record]:
    """Return an instruction's decision and its training rows; nothing where it was not battled over."""
    found = services.records.get_many(kinds.BATTLE, battle_ids(services, instruction))
    battles = [found[id] for id in sorted(found)]
    decision = decided(services, instruction, battles)
    if decision is None:
        return []  # held out, or the failed answers or verdicts are rejects already
    if decision.outcome == "broken":
        return [decision]
    asked, answers = asked_in(services, decision, battles), _answers(services, battles)
    settings, target = services.settings.selection, services.target
    sft = selection.sft_row(asked, battles, answers, target=target, settings=settings)
    pairs = selection.preference_rows(asked, battles, answers, settings=settings)
    return [decision, *([sft] if sft else []), *pairs]


def decided(
    services: Services, instruction: Instruction, battles: Sequence[Battle]
) -> Decision | None:
    """Return what its battles say of an instruction, with the target's record; None without any."""
    if not battles:
        return None
    target = services.target
    said, reason = outcome(
        battles,
        list(_answers(services, battles).values()),
        target=target,
        broken_score=services.settings.arena.broken_score,
    )
    won, tied, lost = record_of(battles, target)
    return Decision(
        id=decision_id(instruction.id),
        parents=(instruction.id, *(b.id for b in battles)),
        instruction_id=instruction.id,
        skill=instruction.skill,
        leaf=instruction.leaf,
        round=battles[-1].round,
        outcome=said,
        reason=reason,
        won=won,
        tied=tied,
        lost=lost,
    )


def _answers(services: Services, battles: Sequence[Battle]) -> dict[str, Answer]:
    ids = {id for b in battles for id in (b.answer_a, b.answer_b)}
    return services.records.get_many(kinds.ANSWER, sorted(ids))


def asked_in(
    services: Services, decision: Decision, battles: Sequence[Battle] | None = None
) -> Instruction:
    """Return what was battled over: the instruction, or the examiner's question after it."""
    if battles is None:
        battles = list(services.records.get_many(kinds.BATTLE, decision.parents[1:]).values())
    (id,) = {battle.question_id for battle in battles}
    question = services.records.get(kinds.QUESTION, id) if id else None
    given = services.records.get(kinds.INSTRUCTION, decision.instruction_id)
    if (found := question or given) is None:
        raise KeyError(
            f"{decision.id} is about {decision.instruction_id}, which is not in the store"
        )
    return found


async def leaf_records(services: Services, number: int) -> dict[tuple[str, str], LeafRecord]:
    """Return the target's record by (skill, leaf); broken and held-out instructions do not count."""
    found: dict[tuple[str, str], LeafRecord] = defaultdict(LeafRecord)
    async for d in services.records.stream(kinds.DECISION, number):
        if d.outcome not in ("broken", "held_out"):
            found[d.skill, d.leaf] += LeafRecord(d.won, d.tied, d.lost)
    return dict(found)


async def _write(services: Services, number: int, batch: list[Record]) -> None:
    for kind, records in kinds.by_kind(batch).items():
        await services.records.add(kind, number, records)
    batch.clear()
