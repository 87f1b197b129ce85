"""The conferring node: jurors read each other's verdicts and vote again, once; both votes are kept.

After Auto-Arena (arXiv 2405.20267, section 3.3). All jurors look again at the same first votes, so
that nobody's second vote leans on who spoke first. Discussion makes jurors agree more, which is not
the same as being right: `Conferred` tells both.
"""

from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from functools import partial

from langgraph.runtime import Runtime

from ...agents.messages import Confer
from ...agents.records import Battle, Game, Vote
from ...tools.ratings.verdict import side
from ..services import Services, settle
from .seats import game_name, seat_of
from .state import BattleState, BattleUpdate, Pair, failed
from .verdict import juror_verdicts


async def confer(state: BattleState, runtime: Runtime[Services]) -> BattleUpdate:
    """Let every juror look again; where that fails its first vote stands."""
    services, instruction = runtime.context, state["instruction"]
    messages = [
        (pair, message)
        for pair, games in state["games"].items()
        # Where the first jurors of a cascade are sure, nobody is asked further.
        if state["cascade"].get(pair) != "sure"
        for message in _messages(services, state, pair, games)
    ]
    again, rejects = await settle(
        (
            _tagged(pair, services, message),
            partial(
                failed, instruction, "confer", game_name(pair, message.judge, message.own.juror)
            ),
        )
        for pair, message in messages
    )
    revised = {(pair, game.juror, game.shown_first): game for pair, game in again}
    games = {
        pair: [revised.get((pair, game.juror, game.shown_first), game) for game in played]
        for pair, played in state["games"].items()
    }
    return {"games": games, "rejects": state["rejects"] + rejects}


def _messages(
    services: Services, state: BattleState, pair: Pair, games: list[Game]
) -> Iterable[Confer]:
    """Yield what each juror is told; one that sits alone has nobody to confer with.

    A reward model hears nothing, nor does what was recorded: the same would come out again.
    """
    models = services.models
    for own in (g for g in games if not g.rewards and models[g.juror].provider != "recorded"):
        others = tuple(
            g for g in games if g.shown_first == own.shown_first and g.juror != own.juror
        )
        if others:
            yield Confer(judge=seat_of(services, state, pair, own), own=own, others=others)


async def _tagged(pair: Pair, services: Services, message: Confer) -> tuple[Pair, Game]:
    return pair, await services.troupe.send(message, Game, "juror", message.own.juror)


@dataclass(frozen=True)
class Conferred:
    """What conferring did, over many battles."""

    games: int
    """That were looked at again."""
    turned: int
    """Where the juror then preferred another side."""
    before: float
    """Mean share of jurors who share the commonest verdict of their battle, before."""
    after: float


async def conferred(battles: AsyncIterable[Battle]) -> Conferred | None:
    """Return what conferring did; None where nobody conferred."""
    games = turned = counted = 0
    before = after = 0.0
    async for battle in battles:
        again = [g for g in battle.games if g.before is not None]
        if not again:
            continue
        games += len(again)
        turned += sum(_side(g) != _side(g.before or g) for g in again)
        counted += 1
        before += _unity(g.alone() for g in battle.games)
        after += _unity(battle.games)
    if not counted:
        return None
    return Conferred(games, turned, before / counted, after / counted)


def _side(vote: Vote) -> str:
    return side(vote.score_a - vote.score_b)


def _unity(games: Iterable[Game]) -> float:
    """Return the share of jurors on the side that most are on; 0 where none judged both orders."""
    sides = [verdict.winner for verdict in juror_verdicts(games)]
    return max(map(sides.count, sides)) / len(sides) if sides else 0.0
