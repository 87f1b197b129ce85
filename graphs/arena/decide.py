"""The last node of every protocol: each pair's verdict, or a reject."""

from langgraph.runtime import Runtime

from ...agents.errors import JudgeError
from ...agents.records import Battle, DecidedBy, Game, Reject
from ...tools.checkers import DECIDING
from ..services import Services
from .state import BattleState, BattleUpdate, Pair, battle_id, failed, given_id
from .verdict import Aggregation, Verdict, checked_verdict, juror_verdicts, jury_verdict

TIE = Verdict(winner="tie", margin=0.0, agreement=1.0, disputed=False)


async def decide(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Give each pair its verdict; a pair without one is a reject, not a tie."""
    battles: list[Battle] = []
    rejects: list[Reject] = []
    for pair in state["pairs"]:
        if not all(alias in state["answers"] for alias in pair):
            continue  # the missing answer is a reject already
        outcome = _decide(state, pair, runtime.context.settings.arena.aggregation or "majority")
        if isinstance(outcome, Battle):
            battles.append(outcome)
        else:
            rejects.append(outcome)
    return {"battles": battles, "rejects": state["rejects"] + rejects}


def settled(state: BattleState, pair: Pair) -> tuple[Verdict, DecidedBy] | None:
    """Return a verdict that needs no juror: a program's, or a tie of identical answers."""
    if pair in state["debates"]:
        return None  # what was said about the answers counts too
    a, b = (state["answers"][alias] for alias in pair)
    if (verdict := checked_verdict(not a.broken, not b.broken)) is not None:
        return verdict, "checker"
    if (verdict := checked_verdict(a.checked, b.checked)) is not None:
        return verdict, "checker"
    if (check := state["instruction"].check) is not None and check.name in DECIDING:
        return TIE, "checker"
    if a.turns == b.turns:
        return TIE, "identical"
    return None


def _judged(games: list[Game], how: Aggregation) -> tuple[Verdict, DecidedBy] | None:
    """Return the jury's verdict; None where no juror judged both orders."""
    verdicts = juror_verdicts(games)
    return (jury_verdict(verdicts, how), "jury") if verdicts else None


def _decide(state: BattleState, pair: Pair, how: Aggregation) -> Battle | Reject:
    instruction = state["instruction"]
    a, b = (state["answers"][alias] for alias in pair)
    games = state["games"].get(pair, [])
    found = settled(state, pair) or _judged(games, how)
    if found is None:
        error = JudgeError("no juror judged both orders")
        return failed(instruction, "battle", f"{pair[0]} against {pair[1]}", error)
    verdict, decided_by = found
    given = given_id(instruction)
    return Battle(
        id=battle_id(instruction, pair),
        parents=(instruction.id, a.id, b.id),
        instruction_id=given,
        question_id="" if given == instruction.id else instruction.id,
        skill=instruction.skill,
        leaf=instruction.leaf,
        round=state["round"],
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
        cascade=state["cascade"].get(pair, ""),
        debate=state["debates"].get(pair, ()),
    )
