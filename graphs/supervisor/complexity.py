"""Complexity: what was won at ease is asked harder, and what was lost all over is asked plainer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import erf, sqrt

from langgraph.runtime import Runtime

from ...agents.messages import Constraint, Contrast
from ...agents.records import Answer, Battle, Instruction, make_id
from ...taxonomy.policy import PolicyChange
from ...taxonomy.refinement import Aim, OperatorRecord, Refinement
from .. import kinds, stages
from ..generation.kinds import kind_of
from ..records import start_over
from ..services import Round, Services, failed_at, settle
from ..stream import paged
from .cells import lately
from .decide import answers_of, leaf_records, questions_of
from .decisions import Decision, decision_id
from .difficulty import estimate
from .feedback import Records
from .grading import GOOD, Contest, grade, wanted
from .levels import spread, taught_by_band
from .selection import won_by
from .state import RunState, RunUpdate, current_round, in_force

STAGE = "contrast"
PAGE = 500
"""Records looked at together."""
REASONS = 6
"""Most reasons of jurors that the critic is shown."""
Key = tuple[str, str]
"""(skill, leaf)."""


async def complexity(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Estimate how hard everything was; move levels, aims and operators towards the band of win rates."""
    services, round = await in_force(state, runtime), await current_round(state, runtime)
    await start_over(services.records, stages.COMPLEXITY, round.number)
    await estimate(services, round.number)
    settings = services.settings.feedback
    if settings.complexity == "off":
        return {}
    records = await leaf_records(services, round.number)
    fought = await _contests(services, round.number)
    changes = grade(
        round.policy,
        records,
        services.skills.values(),
        round=round.number,
        settings=settings,
        contests=fought.contests,
    )
    changes += await _spread(services, round, records)
    aims = await _aims(services, round, records, fought)
    refinement = await _refinement(services, round, aims)
    return {
        "levels": [change.model_dump() for change in changes],
        "refinement": refinement.model_dump(mode="json"),
    }


async def _spread(services: Services, round: Round, records: Records) -> list[PolicyChange]:
    """Return how the levels change of skills whose levels scatter."""
    skills, settings = list(services.skills.values()), services.settings.feedback
    if not any(skill.levels for skill in skills):
        return []
    rounds = await lately(services.records, round.number, settings.memory)
    taught = taught_by_band(rounds, settings.memory)
    return spread(round.policy, records, taught, skills, round=round.number, settings=settings)


@dataclass
class _Fought:
    """What a round's battles tell, leaf by leaf."""

    contests: dict[Key, Contest] = field(default_factory=lambda: defaultdict(Contest))
    clearest: dict[Key, Battle] = field(default_factory=dict)
    """The battle of the target that was decided most clearly; those that it lost come first."""


async def _contests(services: Services, number: int) -> _Fought:
    broken = {
        d.instruction_id
        async for d in services.records.stream(kinds.DECISION, number)
        if d.outcome == "broken"
    }
    found, scored = _Fought(), services.settings.arena.verdict == "score"
    page: list[Battle]
    async for page in paged(services.records.stream(kinds.BATTLE, number), PAGE):
        sound = [
            battle
            for battle in page
            if battle.purpose == "selection" and not battle.disputed and not battle.own
            if battle.instruction_id not in broken
        ]
        checked = (battle for battle in sound if battle.decided_by == "checker")
        answers = await answers_of(services, checked)
        for battle in sound:
            key = battle.skill, battle.leaf
            _count(found.contests[key], battle, answers, scored=scored)
            best = found.clearest.get(key)
            if services.target in (battle.model_a, battle.model_b) and won_by(battle) > 0:
                if best is None or _clear(services, battle) > _clear(services, best):
                    found.clearest[key] = battle
    return found


def _count(
    contest: Contest, battle: Battle, answers: Mapping[str, Answer], *, scored: bool
) -> None:
    share = {"model_a": 1.0, "tie": 0.5, "model_b": 0.0}[battle.winner]
    contest.add(battle.model_a, share)
    contest.add(battle.model_b, 1 - share)
    for id in (battle.answer_a, battle.answer_b) if battle.decided_by == "checker" else ():
        if answers[id].broken or answers[id].checked is not None:
            contest.judge(not answers[id].broken and bool(answers[id].checked))
    for game in battle.games if scored else ():
        if not game.rewards:
            contest.judge(game.score_a >= GOOD, game.score_b >= GOOD)


def _clear(services: Services, battle: Battle) -> tuple[bool, bool, float, str]:
    lost = (battle.model_a, battle.model_b)[battle.winner == "model_b"] != services.target
    return lost, battle.agreement == 1, won_by(battle), battle.id


async def _aims(
    services: Services, round: Round, records: Records, fought: _Fought
) -> dict[str, Aim]:
    """Return which way each leaf is to move; one that too few battles tell of keeps its aim."""
    told = await services.records.get(kinds.DIFFICULTY, make_id("difficulty", round.number))
    hard: dict[Key, list[tuple[float, int]]] = defaultdict(list)
    for one in told.leaves if told else ():
        hard[one.skill, one.leaf].append((one.difficulty, one.instructions))
    aims: dict[str, Aim] = {}
    for skill in services.skills.values():
        # What a program wrote is refined by nobody.
        for leaf in () if kind_of(skill.flow).programmed else skill.in_force:
            key = skill.name, leaf.name
            record, before = records.get(key), round.policy.refinement.aim(*key)
            if record is None or record.battles < services.settings.feedback.least_battles:
                aims |= {"/".join(key): before} if before else {}
                continue
            way, _ = wanted(record, fought.contests.get(key), services.settings.feedback)
            # Where levels scatter, what is lost is worth asking as it is.
            if way > 0 or (way and not skill.levels):
                aims["/".join(key)] = Aim(
                    way="harder" if way > 0 else "plainer",
                    complexity=int(round.policy.of(*key).level + 0.5),
                    battles=record.battles,
                    win_rate=round_to(record.win_rate),
                    difficulty=round_to(_mean(hard[key])),
                )
    return await _constrained(services, round.number, aims, fought)


def round_to(value: float) -> float:
    """Return a number as it is told."""
    return float(f"{value:.2f}")


def _mean(weighed: Sequence[tuple[float, int]]) -> float:
    total = sum(weight for _, weight in weighed)
    return sum(value * weight for value, weight in weighed) / total if total else 0.0


async def _constrained(
    services: Services, number: int, aims: dict[str, Aim], fought: _Fought
) -> dict[str, Aim]:
    """Ask, for each leaf that was too easy, which constraint would have told its best battle's two apart."""
    asked = {
        key: battle
        for key, battle in sorted(fought.clearest.items())
        if (aim := aims.get("/".join(key))) and aim.way == "harder" and not aim.constraint
    }
    messages = [await _contrast(services, battle) for battle in asked.values()]
    alias = services.cast.speaks("suggester")
    found, rejects = await settle(
        (
            services.troupe.send(message, Constraint, "critic", alias),
            partial(failed_at(STAGE, message.instruction), round=number),
        )
        for message in messages
    )
    await services.records.add(kinds.REJECT, number, rejects)
    said = {f"{c.skill}/{c.leaf}": c.text for c in found}
    return {
        name: aim.model_copy(update={"constraint": said[name]}) if name in said else aim
        for name, aim in aims.items()
    }


async def _contrast(services: Services, battle: Battle) -> Contrast:
    """Return what the critic is asked about a battle: the task, both answers, what was said of them."""
    asked = await services.records.get_many(kinds.INSTRUCTION, [battle.instruction_id])
    asked |= await questions_of(services, [battle])
    instruction = asked[battle.question_id or battle.instruction_id]
    answers = await answers_of(services, [battle])
    a, b = answers[battle.answer_a], answers[battle.answer_b]
    winner, loser = (a, b) if battle.winner == "model_a" else (b, a)
    told = [game.reason for game in battle.games]
    return Contrast(
        instruction=instruction,
        leaf=services.leaf(instruction),
        winner=winner,
        loser=loser,
        reasons=tuple(dict.fromkeys(filter(None, [loser.check_note, *told])))[:REASONS],
    )


async def _refinement(services: Services, round: Round, aims: dict[str, Aim]) -> Refinement:
    """Return the next version of the policy's half of refinement, and tell what it says."""
    operators = dict(round.policy.refinement.operators)
    for name, record in (await operators_of(services, round.number)).items():
        operators[name] = operators.get(name, OperatorRecord()) + record
    found = Refinement(aims=aims, operators=operators)
    services.notify(
        "refined",
        aims={name: str(aim) for name, aim in aims.items()},
        operators={name: str(record) for name, record in operators.items()},
    )
    return found


async def operators_of(services: Services, number: int) -> dict[str, OperatorRecord]:
    """Return the records of a round's operators, by `skill/operator`."""
    found: dict[str, OperatorRecord] = defaultdict(OperatorRecord)
    async for draft in services.records.stream(kinds.DRAFT, number):
        if draft.depth:
            found[_key(draft)] += OperatorRecord(made=1)
    page: list[Instruction]
    async for page in paged(services.records.stream(kinds.INSTRUCTION, number), PAGE):
        edited = [one for one in page if one.depth]
        ids = {id for one in edited for id in (one.id, one.parents[0])}
        decisions = await services.records.get_many(kinds.DECISION, map(decision_id, sorted(ids)))
        for one in edited:
            goal = services.skills[one.skill].goal(one.operator)
            found[_key(one)] += became(one, decisions, eases=goal is not None and goal.eases)
    return dict(sorted(found.items()))


def became(
    edited: Instruction, decisions: Mapping[str, Decision], *, eases: bool
) -> OperatorRecord:
    """Return what became of one edited instruction that passed the gate; decisions are by their id."""
    child = decisions.get(decision_id(edited.id))
    parent = decisions.get(decision_id(edited.parents[0]))
    if child is not None and child.outcome == "broken":
        return OperatorRecord()
    harder = probably_harder(child, parent) if child and parent else None
    if harder is None:
        return OperatorRecord(passed=1)
    return OperatorRecord(passed=1, compared=1, moved=1 - harder if eases else harder)


def probably_harder(child: Decision, parent: Decision) -> float | None:
    """Return the probability that one instruction is harder than another; None where nothing tells."""
    if child.difficulty is None or parent.difficulty is None:
        return None
    spread = sqrt((child.spread or 0) ** 2 + (parent.spread or 0) ** 2)
    if not spread:
        return 0.5
    return 0.5 * (1 + erf((child.difficulty - parent.difficulty) / spread / sqrt(2)))


def _key(instruction: Instruction) -> str:
    return f"{instruction.skill}/{instruction.operator}"
