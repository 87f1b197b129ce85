"""Select: every instruction's battles decide where it goes, and which of its answers train."""

from collections import Counter
from functools import partial

from langgraph.runtime import Runtime

from ...agents.errors import EpisodeError
from ...agents.messages import Curate, Findings
from ...agents.records import Answer, Battle, Instruction, Record, Reject, make_id
from ...agents.rows import PreferenceRow, SftRow
from .. import selection
from ..arena.battle import battle_ids
from ..curation import dropped
from ..decisions import Decision, decision_id
from ..outcome import outcome, record_of
from ..services import Services, reject, settle
from ..stream import ordered
from .battle import held_out
from .state import RunState, RunUpdate

BATCH = 200
_KIND: dict[type[Record], str] = {
    Decision: "decision",
    SftRow: "sft",
    PreferenceRow: "preference",
    Reject: "reject",
}


async def select(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Stream the round's instructions, decide on each, and write decisions and training rows."""
    services, number = runtime.context, state["round"]
    await services.records.discard("reject", number, "second_look")
    for kind in ("decision", "sft", "preference"):
        await services.records.discard(kind, number)
    services.notify(
        "stage_started", stage="select", total=services.records.count("instruction", number)
    )
    outcomes: Counter[str] = Counter()
    batch: list[Record] = []
    instructions = services.records.stream("instruction", Instruction, number)
    decide = partial(_decide, services)
    async for records in ordered(instructions, decide, services.settings.in_flight):
        batch += records
        outcomes.update(r.outcome for r in records if isinstance(r, Decision))
        services.notify("progress", stage="select")
        if len(batch) >= BATCH:
            await _write(services, number, batch)
    await _write(services, number, batch)
    counts = {kind: services.records.count(kind, number) for kind in ("sft", "preference")}
    services.notify("stage_finished", stage="select", count=counts["sft"])
    return {"counts": {**state["counts"], **outcomes, **counts}}


async def _decide(services: Services, instruction: Instruction) -> list[Record]:
    """Return an instruction's decision, with its training rows or its second reject."""
    evaluation = held_out(services, instruction)
    found = services.records.get_many("battle", battle_ids(services, instruction), Battle)
    battles = [found[id] for id in sorted(found)]
    if not battles:
        return []  # the failed answers or verdicts are rejects already
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
        outcome="held_out" if evaluation else said,
        reason=reason,
        won=won,
        tied=tied,
        lost=lost,
    )
    if evaluation:
        return [decision]
    if said == "broken":
        return [decision, *await _second_look(services, instruction, reason)]
    settings = services.settings.selection
    sft = selection.sft_row(instruction, battles, answers, target=target, settings=settings)
    pairs = selection.preference_rows(instruction, battles, answers, settings=settings)
    return [decision, *([sft] if sft else []), *pairs]


async def _second_look(services: Services, instruction: Instruction, reason: str) -> list[Reject]:
    """Send a probably broken instruction back to the gate, with what its battles said."""
    if not services.settings.curation.model_gate:
        return []
    message = Curate(instruction=instruction, leaf=services.leaf(instruction), evidence=reason)
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
