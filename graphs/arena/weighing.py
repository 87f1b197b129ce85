"""Judge-aware verdicts: once all battles of a round are judged, each juror weighs what it has shown.

A juror that prefers the first place, calls everything even or contradicts all others counts little in
every single battle, and what tells that is all battles together. Method and source: `ratings/judges.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING

from ...agents.records import Battle, Game
from ...tools.ratings.verdict import side
from .. import kinds
from ..records import Records
from .verdict import Verdict, juror_verdicts, shown, verdict_for

if TYPE_CHECKING:
    from ...tools.ratings.judges import Judge

PAGE = 200
EVEN = log(0.6 / 0.4)
"""Log-odds below which neither answer is called better: less than 60 % for one of them."""
SURE = log(0.75 / 0.25)
"""Log-odds below which a verdict is disputed: less than 75 % for the winner."""

Tally = Counter[tuple[str, str, str, str]]
"""Games by juror, model shown first, the other one, and what was said of the first."""


async def weigh(records: Records, number: int, purpose: str = "selection") -> None:
    """Decide the judged battles of a round again, their jury weighed by all of its games in it."""
    tally: Tally = Counter()
    async for battle in records.stream(kinds.BATTLE, number):
        if battle.purpose == purpose:
            tally.update((g.juror, *shown(battle, g)) for g in battle.games)
    judges = judges_of(tally)
    page: list[Battle] = []
    async for battle in records.stream(kinds.BATTLE, number):
        if battle.purpose == purpose and battle.decided_by == "jury":
            page.append(reweighed(battle, judges))
        if len(page) == PAGE:
            await records.rewrite(kinds.BATTLE, number, page)
            page = []
    await records.rewrite(kinds.BATTLE, number, page)


def judges_of(tally: Tally) -> "Mapping[str, Judge]":
    """Fit the jurors to their games; without a game of two models there is nothing to tell."""
    # numpy is not needed where jurors are not weighed
    import numpy as np

    from ...tools.ratings.judged import Judged
    from ...tools.ratings.judges import fit_judges
    from ...tools.ratings.table import BattleTable

    if not tally:
        return {}
    rows = sorted(tally.items())
    names = sorted({juror for (juror, _, _, _), _ in rows})
    table = BattleTable.from_rows(
        ("all", first, second, winner, float(count)) for (_, first, second, winner), count in rows
    )
    judge = np.array([names.index(juror) for (juror, _, _, _), _ in rows])
    # Equal games of all questions stand in one row here: each is still a game of its own.
    judged = replace(Judged.of(table, judge, tuple(names)), unit=1.0)
    return fit_judges(judged).judges


def reweighed(battle: Battle, judges: "Mapping[str, Judge]") -> Battle:
    """Return a battle with the verdict that its games make in the light of their jurors."""
    from ...tools.ratings.judges import log_odds_a

    votes = [(g.juror, _outcome(g), g.shown_first == "model_a") for g in battle.games]
    found = _verdict(battle.games, log_odds_a(votes, judges), judges)
    return battle.model_copy(
        update={
            "winner": found.winner,
            "margin": found.margin,
            "agreement": found.agreement,
            "disputed": found.disputed,
        }
    )


def _verdict(games: Iterable[Game], log_odds: float, judges: "Mapping[str, Judge]") -> Verdict:
    verdicts = juror_verdicts(games)
    winner = side(log_odds) if abs(log_odds) >= EVEN else "tie"
    weighed = [(v.difference, judges[v.juror].discrimination * v.weight) for v in verdicts]
    found = verdict_for(winner, weighted_median(weighed), verdicts)
    # Even by what the jurors are worth may be a jury of two minds: then the jurors' own votes tell.
    return found if winner == "tie" else replace(found, disputed=abs(log_odds) < SURE)


def weighted_median(values: Iterable[tuple[float, float]]) -> float:
    """Return the value that half of the weight is on either side of; the middle of two such values."""
    ranked = sorted(values)
    half, below = sum(weight for _, weight in ranked) / 2, 0.0
    for place, (value, weight) in enumerate(ranked):
        below += weight
        if below > half:
            return value
        if below == half and place + 1 < len(ranked):
            return (value + ranked[place + 1][0]) / 2
    return ranked[-1][0]


def _outcome(game: Game) -> int:
    return (game.score_a > game.score_b) - (game.score_a < game.score_b)
