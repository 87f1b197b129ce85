"""The arena of a run: ratings by round, who beat whom, and how its jurors behaved."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import orjson

from ...graphs.supervisor.decisions import ModelRating, RoundRatings
from ...tools.ratings.verdict import side
from ..labels import labels
from .source import Source

LOOKED_AT = 2_000
"""The last battles, which jurors are told by."""


@dataclass(frozen=True)
class Pair:
    """All battles of one pair of contenders."""

    model_a: str
    model_b: str
    won: int
    tied: int
    lost: int

    @property
    def share(self) -> float:
        """The share of the wins that model_a took, a tie counting half."""
        return (self.won + self.tied / 2) / (self.won + self.tied + self.lost)


@dataclass(frozen=True)
class Juror:
    """How one juror behaved in the last battles."""

    juror: str
    games: int
    battles: int
    flipped: float
    """Share of the battles judged in both orders in which its word changed with the order."""
    first: float
    """Share of its decided games in which it preferred the answer shown first; 0.5 is fair."""
    agrees: float
    """Share of the battles in which its word was the jury's."""
    right: int
    """Battles in which its word was a person's."""
    labelled: int
    """Battles among them that a person judged."""


@dataclass(frozen=True)
class Arena:
    """What the Arena page shows."""

    ratings: tuple[RoundRatings, ...]
    pairs: dict[str, tuple[Pair, ...]]
    """By purpose."""
    jurors: tuple[Juror, ...]


def arena(source: Source) -> Arena:
    """Return what the battles of a run say."""
    with source.opened() as connection:
        ratings = connection.execute(
            "SELECT body FROM store.records WHERE kind = 'rating' ORDER BY round, id"
        ).fetchall()
        fought = connection.execute(
            "SELECT purpose, model, outcome, count(*) FROM rows INDEXED BY rows_of_battles "
            "WHERE kind = 'battle' GROUP BY 1, 2, 3"
        ).fetchall()
        last = connection.execute(
            "SELECT s.body FROM rows r JOIN store.records s ON s.seq = r.seq AND s.id = r.id "
            "WHERE r.kind = 'battle' ORDER BY r.seq DESC LIMIT ?",
            (LOOKED_AT,),
        ).fetchall()
    return Arena(
        tuple(RoundRatings.model_validate_json(body) for (body,) in ratings) or _ranked(source),
        _pairs([tuple(row) for row in fought]),
        _jurors([orjson.loads(body) for (body,) in last], labels(source.folder)),
    )


def _ranked(source: Source) -> tuple[RoundRatings, ...]:
    """Return the ratings of an arena, which rates once, in its result."""
    told = source.folder.ended().get("models", ())
    names = ModelRating.model_fields
    models = [ModelRating(**{name: row[name] for name in names}) for row in told]
    if not models:
        return ()
    return (RoundRatings(id="rating-arena", round=1, purpose="selection", models=tuple(models)),)


def _pairs(fought: list[tuple[str, str, str, int]]) -> dict[str, tuple[Pair, ...]]:
    """Return the pairs, either way round the battles were stored."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for purpose, models, outcome, n in fought:
        a, _, b = models.partition(" vs ")
        place = {"model_a": 0, "tie": 1, "model_b": 2}[outcome]
        if a > b:
            a, b, place = b, a, 2 - place
        sums[purpose, a, b][place] += n
    found: dict[str, list[Pair]] = defaultdict(list)
    for (purpose, a, b), counts in sorted(sums.items()):
        found[purpose].append(Pair(a, b, *counts))
    return {purpose: tuple(pairs) for purpose, pairs in found.items()}


def _jurors(battles: list[dict[str, Any]], people: dict[str, dict[str, Any]]) -> tuple[Juror, ...]:
    tally: dict[str, list[int]] = defaultdict(lambda: [0] * 9)
    for battle in battles:
        by_juror: dict[str, list[tuple[float, bool]]] = defaultdict(list)
        for game in battle["games"]:
            lead = game["score_a"] - game["score_b"]
            by_juror[game["juror"]].append((lead, game["shown_first"] == "model_a"))
        for juror, games in by_juror.items():
            person = people.get(battle["id"], {}).get("winner", "")
            _count(tally[juror], games, battle["winner"], person)
    return tuple(
        Juror(name, games, n, _over(flips, both), _over(first, decided), _over(agrees, n), *told)
        for name, (games, n, both, flips, decided, first, agrees, *told) in sorted(tally.items())
    )


def _count(tally: list[int], games: list[tuple[float, bool]], winner: str, person: str) -> None:
    lead = sum(one for one, _ in games)
    decided = [(one > 0) == first for one, first in games if one]
    signs = {(one > 0) - (one < 0) for one, _ in games}
    counted = (len(games), 1, len(games) > 1, len(signs) > 1, len(decided), sum(decided))
    for place, more in enumerate(
        (*counted, side(lead) == winner, side(lead) == person, bool(person))
    ):
        tally[place] += more


def _over(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
