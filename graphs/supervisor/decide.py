"""Deciding on a round: every instruction's battles say where it goes, and which of its answers train."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from langgraph.runtime import Runtime

from ...agents.records import Answer, Battle, Instruction, Record, make_id
from ...agents.rows import PreferenceRow, RlvrRow, SftRow
from .. import kinds, stages
from ..arena.state import battle_ids
from ..records import start_over
from ..services import Services
from ..stream import paged
from . import quota
from .decisions import Decision, RoundSelection, decision_id, outcome, record_of
from .feedback import LeafRecord
from .quota import Bars, Seen
from .selection import Find, Rule, find_pairs, find_sft
from .state import RunState, RunUpdate, in_force

PAGE = 200
"""Instructions decided on together."""


@dataclass(frozen=True)
class Decided:
    """One instruction of a round, decided on: what was asked, its battles, and who answered what."""

    decision: Decision
    asked: Instruction
    battles: Sequence[Battle]
    answers: Mapping[str, Answer]
    """By id; others' too."""

    def sft(self, services: Services, rule: Rule | None = None) -> Find[SftRow] | None:
        """Return the SFT row that it may give, by the rule of the run or by another one."""
        return find_sft(
            self.asked,
            self.battles,
            self.answers,
            target=services.target,
            settings=services.settings.selection,
            seed=services.settings.seed,
            rule=rule or services.settings.selection.rule,
        )

    def pairs(self, services: Services) -> list[Find[PreferenceRow] | tuple[str, str]]:
        """Return the preference rows that it may give, and why its other battles give none."""
        settings = services.settings
        found = find_pairs(
            self.asked,
            self.battles,
            self.answers,
            settings=settings.selection,
            seed=settings.seed,
        )
        return list(found)


@dataclass
class _Told:
    """What a round's rows came to."""

    rows: Counter[type[Record]] = field(default_factory=Counter)
    least: dict[type[Record], float] = field(default_factory=dict)
    """The smallest margin among them."""

    def add(self, made: Iterable[Record]) -> None:
        """Count the rows among these records."""
        for row in made:
            if isinstance(row, SftRow | PreferenceRow):
                self.rows[type(row)] += 1
                self.least[type(row)] = min(row.margin, self.least.get(type(row), row.margin))

    def record(self, services: Services, number: int) -> RoundSelection:
        """Return it as the round's record."""
        return RoundSelection(
            id=make_id("selection", number),
            round=number,
            rule=services.settings.selection.rule,
            sft=self.rows[SftRow],
            sft_margin=self.least.get(SftRow, 0.0),
            preference=self.rows[PreferenceRow],
            preference_margin=self.least.get(PreferenceRow, 0.0),
        )


async def decide_round(
    services: Services, number: int, *, told: Callable[[], None] = lambda: None
) -> Counter[str]:
    """Write a round's decisions and training rows anew from the battles it has; return the outcomes.

    `told` is called after each instruction. No model is asked.
    """
    await start_over(services.records, stages.SELECT, number)
    bars = await _bars(services, number)
    outcomes: Counter[str] = Counter()
    told_of = _Told()
    async for page in paged(services.records.stream(kinds.INSTRUCTION, number), PAGE):
        made = [r for one in await _page(services, page) for r in _made(services, one, bars)]
        told_of.add(made)
        outcomes.update(record.outcome for record in made if isinstance(record, Decision))
        for kind, records in kinds.by_kind(made).items():
            await services.records.add(kind, number, records)
        for _ in page:
            told()
    await services.records.replace(kinds.SELECTION, number, [told_of.record(services, number)])
    return outcomes


def _made(services: Services, one: Decided, bars: Bars) -> Iterator[Record]:
    """Yield an instruction's decision and the rows that it gives."""
    if one.decision.outcome == "broken":
        yield one.decision
        return
    if (sft := one.sft(services)) and bars.sft.takes(sft):
        yield sft.row
    elif (
        bars.kept is not None and (kept := one.sft(services, "kept")) and not _lost(one)
    ) and bars.kept.takes(kept):
        yield kept.row
    aside: list[tuple[str, str]] = []
    for found in one.pairs(services):
        if not isinstance(found, Find):
            aside.append(found)
        elif bars.pairs.takes(found):
            yield found.row
        else:
            aside.append((found.row.battles[0], bars.pairs.told))
    yield one.decision.model_copy(update={"aside": tuple(aside)})
    yield from _rewarded(one)


def _lost(one: Decided) -> bool:
    return one.decision.outcome == "lost"


def _rewarded(one: Decided) -> Iterator[RlvrRow]:
    """Yield the item to reinforce on, where a program can tell a right answer."""
    asked = one.asked
    if asked.check is None:
        return
    ids = dict.fromkeys(id for b in one.battles for id in (b.answer_a, b.answer_b))
    said = [one.answers[id] for id in ids]
    yield RlvrRow(
        id=make_id("rlvr", asked.id),
        parents=(asked.id,),
        instruction_id=asked.id,
        skill=asked.skill,
        leaf=asked.leaf,
        round=asked.round,
        battles=tuple(b.id for b in one.battles),
        models=tuple(filter(None, (asked.model,))),
        checker=asked.check.name,
        passed=sum(a.checked is True for a in said) / len(said),
    )


async def _bars(services: Services, number: int) -> Bars:
    """Return the round's bars; a quota, or a random rule, looks at all finds first."""
    settings = services.settings.selection
    if not quota.counts(settings):
        return quota.by_margin(settings, number)
    seen = Seen()
    async for page in paged(services.records.stream(kinds.INSTRUCTION, number), PAGE):
        for one in await _page(services, page):
            if one.decision.outcome == "broken":
                continue
            pairs = one.pairs(services)
            seen.decided += 1
            seen.won += len(pairs)
            seen.pairs += [quota.rank(found) for found in pairs if isinstance(found, Find)]
            for rule, ranks in seen.sft.items():
                if rule != "kept" or not _lost(one):
                    ranks += [quota.rank(f) for f in filter(None, [one.sft(services, rule)])]
    return quota.by_number(settings, number, seen)


async def _page(services: Services, page: Sequence[Instruction]) -> list[Decided]:
    """Decide on some instructions; what they need is read at once."""
    meant = {instruction.id: battle_ids(services, instruction) for instruction in page}
    found = await services.records.get_many(kinds.BATTLE, chain.from_iterable(meant.values()))
    answers = await answers_of(services, found.values())
    asked = await questions_of(services, found.values())
    made: list[Decided] = []
    for instruction in page:
        battles = [found[id] for id in sorted(meant[instruction.id]) if id in found]
        decision = decided(services, instruction, battles, answers)
        if decision is None:
            continue  # held out, or the failed answers or verdicts are rejects already
        question = asked.get(battles[0].question_id, instruction)
        made.append(Decided(decision, question, battles, answers))
    return made


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
        complexity=instruction.complexity,
        operator=instruction.operator,
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


async def select(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Decide on the round's instructions, and count what came of it."""
    services, number = await in_force(state, runtime), state["round"]
    total = await services.records.count(kinds.INSTRUCTION, number)
    services.notify("stage_started", stage="select", total=total)
    outcomes = await decide_round(
        services, number, told=lambda: services.notify("progress", stage="select")
    )
    rows = (kinds.SFT, kinds.PREFERENCE, kinds.RLVR)
    counts = {kind.name: await services.records.count(kind, number) for kind in rows}
    services.notify("stage_finished", stage="select", count=counts["sft"])
    return {"counts": {**state["counts"], **outcomes, **counts}}
