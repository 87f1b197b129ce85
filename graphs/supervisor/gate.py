"""Gate: says whether the trained target takes the place of the one before, and whether the run goes on."""

from collections.abc import Iterable
from typing import Literal

from langgraph.runtime import Runtime

from ...agents.records import Battle, make_id
from ...tools.ratings.share import wilson
from .. import kinds
from ..services import Services
from .decisions import Gated, GateWord
from .outcome import record_of
from .state import RunState, RunUpdate, in_force

ALL_DONE = "all rounds are done"
UNCHANGED: tuple[GateWord, str] = ("unchanged", "nothing was trained")


async def gate(state: RunState, runtime: Runtime[Services]) -> RunUpdate:
    """Compare the candidate with the target in force on the held-out set, and close the round."""
    services, number = await in_force(state, runtime), state["round"]
    candidate, target = state["candidate"], state["target"]
    word, reason = await _judged(services, candidate, target) if candidate else UNCHANGED
    gated = Gated(
        id=make_id("gate", number),
        round=number,
        word=word,
        reason=reason,
        target=candidate if word == "promoted" else target,
        candidate=candidate,
    )
    await services.records.replace(kinds.GATE, number, [gated])
    ended = _ended(state, services)
    services.notify("gated", **gated.model_dump(exclude={"id", "parents"}))
    services.notify("round_finished", round=number, counts=state["counts"], ended=ended)
    return {"target": gated.target, "gate": word, "ended": ended}


async def _judged(services: Services, candidate: str, target: str) -> tuple[GateWord, str]:
    found: list[Battle] = []
    async for battle in services.records.stream(kinds.BATTLE):
        if battle.purpose == "evaluation" and {battle.model_a, battle.model_b} == {
            candidate,
            target,
        }:
            found.append(battle)
    return word_on(found, candidate, target)


def word_on(battles: Iterable[Battle], candidate: str, target: str) -> tuple[GateWord, str]:
    """Return the gate's word on a candidate from its battles against the target in force.

    Promoted where its win rate's 95 % interval (Wilson) lies above one half, rolled back where it lies
    below, held where the battles cannot tell; a tie counts half. A held candidate does not battle on.
    """
    won, tied, lost = record_of(list(battles), candidate)
    played = won + tied + lost
    if not played:
        return "held", f"{candidate} and {target} have no decided battle on the held-out set"
    low, high = wilson((won + tied / 2) / played, played)
    numbers = (
        f"{candidate} won {won}, tied {tied}, lost {lost} of {played} held-out battles against "
        f"{target}: win rate {(won + tied / 2) / played:.2f}, interval {low:.2f} to {high:.2f}"
    )
    word: Literal["promoted", "rolled_back", "held"] = (
        "promoted" if low > 0.5 else "rolled_back" if high < 0.5 else "held"
    )
    return word, numbers


def _ended(state: RunState, services: Services) -> str:
    """Return why no further round follows, or the empty string."""
    if state["round"] >= services.settings.rounds:
        return ALL_DONE
    counts = state["counts"]
    if not counts.get("sft") and not counts.get("preference"):
        return "nothing was learned: no battle of this round gave a training row"
    return ""
