"""The judging node: every eligible juror, both orders; with a cascade, the cheap ones first."""

from functools import partial

from langgraph.runtime import Runtime

from ...agents.messages import Judge
from ...agents.records import Cascaded, Game, Reject
from ..services import Services, settle
from .cascade import cascaded, front_of
from .seats import game_name, seats, sitting
from .state import BattleState, BattleUpdate, Pair, battle_id, failed

Jurors = dict[Pair, list[str]]
Games = dict[Pair, list[Game]]


async def judge(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let the jury judge every pair that no checker decides."""
    services, jurors = runtime.context, sitting(runtime.context, state)
    cascade = services.settings.arena.cascade
    if cascade is None:
        games, rejects = await _play(services, state, jurors)
        return {"games": games, "rejects": state["rejects"] + rejects}
    front = {pair: front_of(services.cast, names, cascade) for pair, names in jurors.items()}
    games, rejects = await _play(services, state, front)
    rest = {
        pair: others
        for pair, names in jurors.items()
        if (others := [name for name in names if name not in front[pair]])
    }
    # Where nobody is left to ask, there is no cascade.
    how: dict[Pair, Cascaded] = {
        pair: cascaded(games.get(pair, []), cascade, draw=_draw(services, state, pair))
        for pair in rest
    }
    asked = {pair: others for pair, others in rest.items() if how[pair] != "sure"}
    further, failures = await _play(services, state, asked)
    for pair, played in further.items():
        games.setdefault(pair, []).extend(played)
    return {"games": games, "cascade": how, "rejects": state["rejects"] + rejects + failures}


def _draw(services: Services, state: BattleState, pair: Pair) -> str:
    return f"{services.settings.seed}/{battle_id(state['instruction'], pair)}"


async def _play(
    services: Services, state: BattleState, jurors: Jurors
) -> tuple[Games, list[Reject]]:
    """Let these jurors judge both orders of their pairs."""
    instruction = state["instruction"]
    played, rejects = await settle(
        (
            _tagged(pair, services, message, juror),
            partial(failed, instruction, "judge", game_name(pair, message, juror)),
        )
        for pair, message, juror in seats(services, state, jurors)
    )
    games: Games = {}
    for pair, game in played:
        games.setdefault(pair, []).append(game)
    return games, rejects


async def _tagged(pair: Pair, services: Services, message: Judge, juror: str) -> tuple[Pair, Game]:
    return pair, await services.troupe.send(message, Game, "juror", juror)
