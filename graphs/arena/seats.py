"""Who sits in judgement over a pair, and the games that this makes."""

from collections.abc import Iterator, Mapping, Sequence

from ...agents.cast import eligible
from ...agents.messages import Judge
from ...agents.records import Game
from ...tools.ratings.verdict import first as shown_first
from ...tools.ratings.verdict import in_order
from ..services import Services
from .answers import simulated
from .decide import settled
from .state import BattleState, Pair

Seat = tuple[Pair, Judge, str]
"""One game to play: the pair, the two answers in the order shown, the juror."""


def sitting(services: Services, state: BattleState) -> dict[Pair, list[str]]:
    """Return the jurors of every pair that needs them: none shares a family with a contender."""
    cast = services.cast
    jury = cast.evaluation_jury if state["evaluation"] else cast.jury
    return {
        pair: list(eligible(jury, pair, services.models))
        for pair in state["pairs"]
        if all(alias in state["answers"] for alias in pair) and settled(state, pair) is None
    }


def seats(
    services: Services, state: BattleState, jurors: Mapping[Pair, Sequence[str]]
) -> Iterator[Seat]:
    """Yield the games of these jurors: both orders of every pair."""
    for pair, names in jurors.items():
        for juror in names:
            for first, second in (pair, pair[::-1]):
                yield pair, _shown(services, state, pair, (first, second)), juror


def seat_of(services: Services, state: BattleState, pair: Pair, game: Game) -> Judge:
    """Return what the juror of a game was shown."""
    return _shown(services, state, pair, in_order(pair, game.shown_first))


def game_name(pair: Pair, message: Judge, juror: str) -> str:
    """Return how a game is told in a reject."""
    first, second = in_order(pair, shown_first(a_is_first=message.a_is_first))
    return f"{juror} on {first} before {second}"


def _shown(services: Services, state: BattleState, pair: Pair, order: Pair) -> Judge:
    instruction = state["instruction"]
    leaf = services.leaf(instruction)
    return Judge(
        instruction=instruction,
        rubric=leaf.rubric,
        behaviour=services.meaning(instruction),
        first=state["answers"][order[0]],
        second=state["answers"][order[1]],
        a_is_first=order == pair,
        verdict=services.settings.arena.verdict,
        objective=leaf.objective,
        agenda=simulated(services, instruction),
        debate=state["debates"].get(pair, ()),
    )
