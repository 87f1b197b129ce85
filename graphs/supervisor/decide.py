"""Deciding on a round: every instruction's battles say where it goes, and which of its answers train."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from ...agents.records import Answer, Battle, Instruction, Record
from .. import kinds, stages
from ..arena.state import battle_ids
from ..records import start_over
from ..services import Services
from ..stream import paged
from . import selection
from .decisions import Decision, decision_id
from .feedback import LeafRecord
from .outcome import outcome, record_of

PAGE = 200
"""Instructions decided on together."""


async def decide_round(
    services: Services, number: int, *, told: Callable[[], None] = lambda: None
) -> Counter[str]:
    """Write a round's decisions and training rows anew from the battles it has; return the outcomes.

    `told` is called after each instruction. No model is asked.
    """
    await start_over(services.records, stages.SELECT, number)
    outcomes: Counter[str] = Counter()
    async for page in paged(services.records.stream(kinds.INSTRUCTION, number), PAGE):
        made = [record async for record in _of_page(services, page)]
        outcomes.update(record.outcome for record in made if isinstance(record, Decision))
        for kind, records in kinds.by_kind(made).items():
            await services.records.add(kind, number, records)
        for _ in page:
            told()
    return outcomes


async def _of_page(services: Services, page: Sequence[Instruction]) -> AsyncIterator[Record]:
    """Yield the decisions of some instructions and their training rows; what they need is read at once."""
    meant = {instruction.id: battle_ids(services, instruction) for instruction in page}
    found = await services.records.get_many(kinds.BATTLE, chain.from_iterable(meant.values()))
    answers = await answers_of(services, found.values())
    asked = await questions_of(services, found.values())
    for instruction in page:
        battles = [found[id] for id in sorted(meant[instruction.id]) if id in found]
        decision = decided(services, instruction, battles, answers)
        if decision is None:
            continue  # held out, or the failed answers or verdicts are rejects already
        yield decision
        if decision.outcome != "broken":
            question = asked.get(battles[0].question_id, instruction)
            for row in _rows(services, question, battles, answers):
                yield row


def _rows(
    services: Services,
    asked: Instruction,
    battles: Sequence[Battle],
    answers: Mapping[str, Answer],
) -> Iterator[Record]:
    settings, target = services.settings.selection, services.target
    if sft := selection.sft_row(asked, battles, answers, target=target, settings=settings):
        yield sft
    yield from selection.preference_rows(asked, battles, answers, settings=settings)


def decided(
    services: Services,
    instruction: Instruction,
    battles: Sequence[Battle],
    answers: Mapping[str, Answer],
) -> Decision | None:
    """Return what its battles say of an instruction, with the target's record; None without any."""
    if not battles:
        return None
    target = services.target
    said, reason = outcome(
        battles,
        [
            answers[id]
            for id in dict.fromkeys(id for b in battles for id in (b.answer_a, b.answer_b))
        ],
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


async def answers_of(services: Services, battles: Iterable[Battle]) -> dict[str, Answer]:
    """Return the answers of battles, by id."""
    ids = {id for b in battles for id in (b.answer_a, b.answer_b)}
    return await services.records.get_many(kinds.ANSWER, sorted(ids))


async def questions_of(services: Services, battles: Iterable[Battle]) -> dict[str, Instruction]:
    """Return the examiner's questions that were battled over in an instruction's place, by id."""
    ids = {b.question_id for b in battles if b.question_id}
    return await services.records.get_many(kinds.QUESTION, sorted(ids)) if ids else {}


async def leaf_records(services: Services, number: int) -> dict[tuple[str, str], LeafRecord]:
    """Return the target's record by (skill, leaf); broken and held-out instructions do not count."""
    found: dict[tuple[str, str], LeafRecord] = defaultdict(LeafRecord)
    async for d in services.records.stream(kinds.DECISION, number):
        if d.outcome not in ("broken", "held_out"):
            found[d.skill, d.leaf] += LeafRecord(d.won, d.tied, d.lost)
    return dict(found)
