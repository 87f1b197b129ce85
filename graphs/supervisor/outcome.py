"""What an instruction's battles say about it: a pure routing decision.

Lost by the target but won by others: training value. Won easily: raise the complexity. Lost by
everyone, or disputed by the jury: probably broken, back to the gate, never counted as hard.
"""

from collections.abc import Sequence
from statistics import mean
from typing import Literal

from ...agents.records import Answer, Battle

Outcome = Literal["lost", "won", "even", "broken"]


def outcome(
    battles: Sequence[Battle], answers: Sequence[Answer], *, target: str, broken_score: float
) -> tuple[Outcome, str]:
    """Return what becomes of an instruction, with the reason in numbers."""
    others = [b for b in battles if not b.own]
    disputed = sum(b.disputed for b in others)
    if others and disputed * 2 > len(others):
        return "broken", f"the jury disputes {disputed} of {len(others)} battles"
    checks = [a.checked for a in answers if a.checked is not None]
    if len(checks) > 1 and len(checks) == len(answers) and not any(checks):
        return "broken", f"the checker fails all {len(checks)} answers"
    scores = mean_scores(battles)
    # An answer that passed its checker may have won without a game, so without a score.
    if scores and not any(checks) and max(scores.values()) <= broken_score:
        best = max(scores.values())
        return "broken", f"no answer has a mean score above {broken_score:g} (best {best:.1f})"
    won, tied, lost = record_of(battles, target)
    if lost > won:
        return "lost", f"the target lost {lost} and won {won} of {won + tied + lost}"
    if won > lost:
        return "won", f"the target won {won} and lost {lost} of {won + tied + lost}"
    return "even", f"the target won {won} and lost {lost} of {won + tied + lost}"


def mean_scores(battles: Sequence[Battle]) -> dict[str, float]:
    """Return each contender's mean score over its games; a reward model's tell no more than who won."""
    scores: dict[str, list[float]] = {}
    for battle in battles:
        for game in (game for game in battle.games if not game.rewards):
            scores.setdefault(battle.model_a, []).append(game.score_a)
            scores.setdefault(battle.model_b, []).append(game.score_b)
    return {alias: mean(found) for alias, found in scores.items()}


def record_of(battles: Sequence[Battle], target: str) -> tuple[int, int, int]:
    """Return (won, tied, lost) of the target over its undisputed battles."""
    won = tied = lost = 0
    for battle in battles:
        if battle.disputed or battle.own or target not in (battle.model_a, battle.model_b):
            continue
        mine = "model_a" if battle.model_a == target else "model_b"
        if battle.winner == "tie":
            tied += 1
        elif battle.winner == mine:
            won += 1
        else:
            lost += 1
    return won, tied, lost
