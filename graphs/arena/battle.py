"""The battle subgraph: pick contenders, collect answers, judge both orders, give verdicts."""

from collections.abc import Iterable, Iterator
from functools import partial
from random import Random
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from ...agents.cast import eligible
from ...agents.errors import EpisodeError, JudgeError
from ...agents.messages import Judge, Respond
from ...agents.records import Answer, Battle, DecidedBy, Game, Instruction, Reject, make_id
from ..services import Services, reject, settle
from .check import checked
from .matchmaking import Pair, pairs
from .verdict import Verdict, checked_verdict, juror_verdicts, jury_verdict


class BattleState(TypedDict):
    """One instruction's way through the arena."""

    instruction: Instruction
    evaluation: bool
    """True for a held-out instruction: the evaluation jury judges it and nothing is selected."""
    pairs: list[Pair]
    answers: dict[str, Answer]
    """By alias."""
    games: dict[Pair, list[Game]]
    battles: list[Battle]
    rejects: list[Reject]


class BattleUpdate(TypedDict, total=False):
    """What a node changes."""

    pairs: list[Pair]
    answers: dict[str, Answer]
    games: dict[Pair, list[Game]]
    battles: list[Battle]
    rejects: list[Reject]


def start_state(
    instruction: Instruction, *, evaluation: bool, given: Iterable[Pair] = ()
) -> BattleState:
    """Return the state a battle starts from; without given pairs the graph picks them."""
    return BattleState(
        instruction=instruction,
        evaluation=evaluation,
        pairs=list(given),
        answers={},
        games={},
        battles=[],
        rejects=[],
    )


def pairs_of(services: Services, instruction: Instruction) -> list[Pair]:
    """Return who battles whom over an instruction; the same whenever it is asked."""
    cast, settings = services.cast, services.settings
    random = Random(f"{settings.seed}/{instruction.id}/pairs")
    count = settings.arena.battles_per_instruction
    return pairs(cast.everyone, cast.target, battles=count, random=random)


def battle_id(instruction: Instruction, pair: Pair) -> str:
    """Return the id of a battle."""
    return make_id("battle", instruction.id, *pair)


def battle_ids(services: Services, instruction: Instruction) -> list[str]:
    """Return the ids of all battles over an instruction."""
    return [battle_id(instruction, pair) for pair in pairs_of(services, instruction)]


async def pick(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Pick the pairs, unless they were given."""
    return {"pairs": state["pairs"] or pairs_of(runtime.context, state["instruction"])}


async def answer(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let every contender of a pair answer once, and the checker look at the answers."""
    services, instruction = runtime.context, state["instruction"]
    aliases = dict.fromkeys(alias for pair in state["pairs"] for alias in pair)
    message = Respond(instruction=instruction)
    answers, rejects = await settle(
        (
            services.troupe.send(message, Answer, "contender", alias),
            partial(_failed, instruction, "answer", alias),
        )
        for alias in aliases
    )
    return {
        "answers": {a.contender: checked(instruction, a) for a in answers},
        "rejects": state["rejects"] + rejects,
    }


async def judge(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let the jury judge both orders of every pair that no checker decides."""
    services, instruction = runtime.context, state["instruction"]
    played, rejects = await settle(
        (
            _tagged(pair, services, message, juror),
            partial(_failed, instruction, "judge", _game_name(pair, message, juror)),
        )
        for pair, message, juror in _games(state, services)
    )
    games: dict[Pair, list[Game]] = {}
    for pair, game in played:
        games.setdefault(pair, []).append(game)
    return {"games": games, "rejects": state["rejects"] + rejects}


async def decide(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Give each pair its verdict; a pair without one is a reject, not a tie."""
    battles: list[Battle] = []
    rejects: list[Reject] = []
    for pair in state["pairs"]:
        if not all(alias in state["answers"] for alias in pair):
            continue  # the missing answer is a reject already
        outcome = _decide(state, pair)
        if isinstance(outcome, Battle):
            battles.append(outcome)
        else:
            rejects.append(outcome)
    return {"battles": battles, "rejects": state["rejects"] + rejects}


def _games(state: BattleState, services: Services) -> Iterator[tuple[Pair, Judge, str]]:
    """Yield the games to play: every eligible juror, both orders."""
    instruction, answers = state["instruction"], state["answers"]
    jury = services.cast.evaluation_jury if state["evaluation"] else services.cast.jury
    rubric = services.leaf(instruction).rubric
    for pair in state["pairs"]:
        a, b = (answers.get(alias) for alias in pair)
        if a is None or b is None or _settled(a, b) is not None:
            continue
        for juror in eligible(jury, pair, services.models):
            for first, second in ((a, b), (b, a)):
                message = Judge(
                    instruction=instruction,
                    rubric=rubric,
                    first=first,
                    second=second,
                    a_is_first=first is a,
                    verdict=services.settings.arena.verdict,
                )
                yield pair, message, juror


def _game_name(pair: Pair, message: Judge, juror: str) -> str:
    first, second = pair if message.a_is_first else pair[::-1]
    return f"{juror} on {first} before {second}"


async def _tagged(pair: Pair, services: Services, message: Judge, juror: str) -> tuple[Pair, Game]:
    return pair, await services.troupe.send(message, Game, "juror", juror)


def _settled(a: Answer, b: Answer) -> tuple[Verdict, DecidedBy] | None:
    """Return a verdict that needs no juror: the checker's, or a tie of identical answers."""
    if (verdict := checked_verdict(a.checked, b.checked)) is not None:
        return verdict, "checker"
    if a.turns == b.turns:
        return Verdict(winner="tie", margin=0.0, agreement=1.0, disputed=False), "identical"
    return None


def _judged(games: list[Game]) -> tuple[Verdict, DecidedBy] | None:
    """Return the jury's verdict; None where no juror judged both orders."""
    verdicts = juror_verdicts(games)
    return (jury_verdict(verdicts), "jury") if verdicts else None


def _decide(state: BattleState, pair: Pair) -> Battle | Reject:
    instruction = state["instruction"]
    a, b = (state["answers"][alias] for alias in pair)
    games = state["games"].get(pair, [])
    settled = _settled(a, b) or _judged(games)
    if settled is None:
        error = JudgeError("no juror judged both orders")
        return _failed(instruction, "battle", f"{pair[0]} against {pair[1]}", error)
    verdict, decided_by = settled
    return Battle(
        id=battle_id(instruction, pair),
        parents=(instruction.id, a.id, b.id),
        instruction_id=instruction.id,
        skill=instruction.skill,
        leaf=instruction.leaf,
        round=instruction.round,
        purpose="evaluation" if state["evaluation"] else "selection",
        model_a=pair[0],
        model_b=pair[1],
        answer_a=a.id,
        answer_b=b.id,
        winner=verdict.winner,
        margin=verdict.margin,
        agreement=verdict.agreement,
        decided_by=decided_by,
        disputed=verdict.disputed,
        games=tuple(games),
    )


def _failed(instruction: Instruction, stage: str, part: str, error: EpisodeError) -> Reject:
    """Return the reject of an answer, a game or a battle; `part` tells which one."""
    return reject(
        error,
        stage=stage,
        round=instruction.round,
        subject=instruction.id,
        part=part,
        skill=instruction.skill,
        leaf=instruction.leaf,
    )


def build() -> CompiledStateGraph[BattleState, Services, BattleState, BattleState]:
    """Return the compiled subgraph."""
    graph = StateGraph(BattleState, context_schema=Services)
    graph.add_sequence([pick, answer, judge, decide])
    graph.add_edge(START, "pick")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=False, name="battle")
