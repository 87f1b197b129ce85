"""Ratings after a round: Bradley–Terry strengths of the contenders, jury by jury."""

from collections import Counter
from collections.abc import Collection
from typing import Literal

from ...agents.records import make_id
from .. import kinds
from ..arena.rows import Row, rows
from ..services import Services
from .decisions import ModelRating, RoundRatings

Purpose = Literal["selection", "evaluation"]
PURPOSES: tuple[Purpose, ...] = ("selection", "evaluation")


async def rate_round(services: Services, number: int) -> None:
    """Rate by the games of this round's selection battles, and of all evaluation battles so far.

    Battles over broken instructions do not count: what nobody could answer tells of the instruction and
    not of the models, and moves no policy either.
    """
    broken = {
        d.instruction_id
        async for d in services.records.stream(kinds.DECISION)
        if d.outcome == "broken"
    }
    rated = [r for p in PURPOSES if (r := await ratings(services, number, p, broken)) is not None]
    await services.records.replace(kinds.RATING, number, rated)
    for ratings_ in rated:
        services.notify("rated", **ratings_.model_dump(exclude={"id", "parents"}))


async def ratings(
    services: Services, number: int, purpose: Purpose, broken: Collection[str]
) -> RoundRatings | None:
    """Return the ratings by one jury's battles, with bootstrap intervals by question; None without any."""
    games: list[Row] = []
    battles: Counter[str] = Counter()
    # Held-out battles are fought once for the whole run.
    of_round = number if purpose == "selection" else None
    async for battle in services.records.stream(kinds.BATTLE, of_round):
        if battle.purpose == purpose and not battle.own and battle.instruction_id not in broken:
            games.extend(rows(battle))
            battles.update((battle.model_a, battle.model_b))
    if not games:
        return None
    # numpy is not needed before the first rating
    from ...tools.ratings.fit import rate
    from ...tools.ratings.intervals import bootstrap, bounds
    from ...tools.ratings.standings import standings
    from ...tools.ratings.table import BattleTable

    table = BattleTable.from_rows(games)
    fit = rate(table)
    settings = services.settings
    intervals = bootstrap(table, fit, rounds=settings.arena.bootstrap_rounds, seed=settings.seed)
    return RoundRatings(
        id=make_id("rating", number, purpose),
        round=number,
        purpose=purpose,
        models=tuple(
            ModelRating(
                model=s.model,
                rating=round(s.rating, 1),
                low=(interval := bounds(s.low, s.high))[0],
                high=interval[1],
                battles=battles[s.model],
            )
            for s in standings(table, fit, intervals)
        ),
        note=_note(fit.regularised, fit.components),
    )


def _note(regularised: bool, components: tuple[tuple[str, ...], ...]) -> str:
    if not regularised:
        return ""
    groups = "; ".join(", ".join(group) for group in components)
    return f"no chain of wins both ways joins {groups}: a small ridge holds these ratings finite"
