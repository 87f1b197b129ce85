"""Deciding on a round: every instruction's battles say where it goes, and which of its answers train."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from ...agents.errors import EpisodeError
from ...agents.messages import Findings
from ...agents.records import Answer, Battle, Instruction, Record, Reject, make_id
from ...agents.rows import PreferenceRow, SftRow
from ..arena.state import battle_ids
from ..generation.curation import dropped
from ..services import Services, reject, settle
from ..stream import ordered
from . import selection
from .decisions import Decision, decision_id
from .outcome import outcome, record_of

BATCH = 200
_KIND: dict[type[Record], str] = {
    Decision: "decision",
    SftRow: "sft",
    PreferenceRow: "preference",
    Reject: "reject",
}


async def decide_round(
    services: Services, number: int, *, second_look: bool, told: Callable[[], None] = lambda: None
) -> Counter[str]:
    """Write a round's decisions and training rows anew from the battles it has; return the outcomes.

    Args:
        services: the run.
        number: the round.
        second_look: send what is probably broken back to the curator; without it no model is asked.
        told: called after each instruction.
    """
    await services.records.discard("reject", number, "second_look")
    for kind in ("decision", "sft", "preference"):
        await services.records.discard(kind, number)
    outcomes: Counter[str] = Counter()
    batch: list[Record] = []
    instructions = services.records.stream("instruction", Instruction, number)
    decide = partial(_decide, services, second_look=second_look)
    async for records in ordered(instructions, decide, services.settings.in_flight):
        batch += records
        outcomes.update(r.outcome for r in records if isinstance(r, Decision))
        told()
        if len(batch) >= BATCH:
            await _write(services, number, batch)
    await _write(services, number, batch)
    return outcomes


async def _decide(
    services: Services, instruction: Instruction, *, second_look: bool
) -> list[Record]:
    """Return an instruction's decision, with its training rows or its second reject."""
    found = services.records.get_many("battle", battle_ids(services, instruction), Battle)
    battles = [found[id] for id in sorted(found)]
    if not battles:
        return []  # the failed answers or verdicts are rejects already
    evaluation = any(b.purpose == "evaluation" for b in battles)
    ids = {id for b in battles for id in (b.answer_a, b.answer_b)}
    answers = services.records.get_many("answer", sorted(ids), Answer)
    target = services.cast.target
    said, reason = outcome(
        battles,
        list(answers.values()),
        target=target,
        broken_score=services.settings.arena.broken_score,
    )
    won, tied, lost = record_of(battles, target)
    decision = Decision(
        id=decision_id(instruction.id),
        parents=(instruction.id, *(b.id for b in battles)),
        instruction_id=instruction.id,
        skill=instruction.skill,
        leaf=instruction.leaf,
        round=instruction.round,
        outcome=said if said == "broken" or not evaluation else "held_out",
        reason=reason,
        won=won,
        tied=tied,
        lost=lost,
    )
    if evaluation:
        return [decision]
    asked = _asked(services, instruction, battles)
    if said == "broken":
        looked = await _second_look(services, asked, reason) if second_look else []
        return [decision, *looked]
    settings = services.settings.selection
    sft = selection.sft_row(asked, battles, answers, target=target, settings=settings)
    pairs = selection.preference_rows(asked, battles, answers, settings=settings)
    return [decision, *([sft] if sft else []), *pairs]


def _asked(services: Services, instruction: Instruction, battles: Sequence[Battle]) -> Instruction:
    """Return what the battles were over: the instruction, or the examiner's question after it."""
    (id,) = {battle.question_id for battle in battles}
    return (services.records.get("question", id, Instruction) if id else None) or instruction


async def _second_look(services: Services, instruction: Instruction, reason: str) -> list[Reject]:
    """Send a probably broken instruction back to the gate, with what its battles said."""
    message = services.curate(instruction, evidence=reason)
    send = services.troupe.send(message, Findings, "curator", services.cast.speaks("curator"))

    def failed(error: EpisodeError) -> Reject:
        return reject(
            error,
            stage="second_look",
            round=instruction.round,
            subject=instruction.id,
            skill=instruction.skill,
            leaf=instruction.leaf,
        )

    findings, rejects = await settle([(send, failed)])
    for finding in findings:
        if finding.reason:
            first = dropped(instruction, finding.reason, f"{reason}; {finding.detail}")
            id = make_id("reject", "second_look", instruction.id)
            rejects.append(first.model_copy(update={"id": id, "stage": "second_look"}))
    return rejects


async def _write(services: Services, number: int, batch: list[Record]) -> None:
    by_kind: dict[str, list[Record]] = {}
    for record in batch:
        by_kind.setdefault(_KIND[type(record)], []).append(record)
    for kind, records in by_kind.items():
        await services.records.add(kind, number, records)
    batch.clear()
