"""Gate: says whether the trained target takes the place of the one before, and whether the run goes on."""

from collections import defaultdict
from collections.abc import Iterable

from langgraph.runtime import Runtime

from ...agents.records import Battle, make_id
from ...tools.ratings.share import gain
from .. import kinds
from ..services import Services
from .decisions import Gated, GateWord, Paired, record_of
from .state import RunState, RunUpdate, in_force

ALL_DONE = "all rounds are done"
Verdict = tuple[GateWord, str, Paired | None]
UNCHANGED: Verdict = ("unchanged", "nothing was trained", None)


async def gate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Compare the candidate with the target in force on the held-out set, and close the round."""
    services, number = await in_force(state, runtime), state["round"]
    candidate, target = state["candidate"], state["target"]
    word, reason, paired = await _judged(services, candidate, target) if candidate else UNCHANGED
    gated = Gated(
        id=make_id("gate", number),
        round=number,
        word=word,
        reason=reason,
        target=candidate if word == "promoted" else target,
        candidate=candidate,
        paired=paired,
    )
    await services.records.replace(kinds.GATE, number, [gated])
    ended = await _ended(state, services)
    if candidate:
        await services.rest(target if word == "promoted" else candidate)
    services.notify("gated", **gated.model_dump(exclude={"id", "parents"}))
    services.notify("round_finished", round=number, counts=state["counts"], ended=ended)
    return {"target": gated.target, "gate": word, "ended": ended}


async def _judged(services: Services, candidate: str, target: str) -> Verdict:
    found: list[Battle] = []
    async for battle in services.records.stream(kinds.BATTLE):
        if battle.purpose == "evaluation" and {battle.model_a, battle.model_b} == {
            candidate,
            target,
        }:
            found.append(battle)
    return word_on(found, candidate, target)


def word_on(battles: Iterable[Battle], candidate: str, target: str) -> Verdict:
    """Return the gate's word on a candidate from its battles against the target in force.

    Each held-out instruction counts once: both answered it. Promoted where the gain's 95 % interval lies
    above zero, rolled back where it lies below, held where the battles cannot tell. A candidate that is
    not promoted does not battle on; see `start_of` for whether anything is trained from it.
    """
    by_instruction: dict[str, list[Battle]] = defaultdict(list)
    for battle in battles:
        by_instruction[battle.instruction_id].append(battle)
    records = [record_of(fought, candidate) for fought in by_instruction.values()]
    ahead = [won - lost for won, tied, lost in records if won + tied + lost]
    if not ahead:
        return "held", f"{candidate} and {target} have no decided battle on the held-out set", None
    won, lost = sum(n > 0 for n in ahead), sum(n < 0 for n in ahead)
    tied = len(ahead) - won - lost
    share, low, high = gain(won, tied, lost)
    word: GateWord = "promoted" if low > 0 else "rolled_back" if high < 0 else "held"
    numbers = (
        f"{candidate} won {won}, tied {tied}, lost {lost} of {len(ahead)} held-out instructions against "
        f"{target}: gain {share:+.2f}, interval {low:+.2f} to {high:+.2f}"
    )
    rounded = {"gain": round(share, 4), "low": round(low, 4), "high": round(high, 4)}
    return word, numbers, Paired(won=won, tied=tied, lost=lost, **rounded)


async def _ended(state: RunState, services: Services) -> str:
    """Return why no further round follows, or the empty string."""
    if state["round"] >= services.settings.rounds:
        return ALL_DONE
    counts = state["counts"]
    if not counts.get("sft") and not counts.get("preference"):
        return "nothing was learned: no battle of this round gave a training row"
    gates = [g async for g in services.records.stream(kinds.GATE) if g.candidate]
    return stalled(gates, services.settings.evaluation.stop_after)


def start_of(gates: Iterable[Gated], target: str) -> str:
    """Return whose weights the next training starts from: the target's in force, as a rule.

    Where the last candidate was held although it won more than it lost, its own: steps too small for the
    held-out set to tell add up, and the gate weighs their sum against the same target.
    """
    last = max((gated for gated in gates if gated.candidate), key=_round, default=None)
    if last is None or last.word != "held" or last.paired is None or last.paired.gain <= 0:
        return target
    return last.candidate


def _round(gated: Gated) -> int:
    return gated.round


def stalled(gates: Iterable[Gated], most: int | None) -> str:
    """Return that training has brought nothing for so many rounds in a row; the empty string if it has."""
    last = sorted(gates, key=_round)[-most:] if most else []
    if len(last) < (most or 1) or any(gated.word != "held" for gated in last):
        return ""
    told = "; ".join(f"round {gated.round}: {_interval(gated)}" for gated in last)
    return f"the gain's interval includes zero {len(last)} times in a row ({told})"


def _interval(gated: Gated) -> str:
    if gated.paired is None:
        return "no decided battle"
    return f"{gated.paired.low:+.2f} to {gated.paired.high:+.2f}"
