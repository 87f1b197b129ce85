"""Quota: which finds of a round become its rows. Pure decisions.

Without a quota a find is taken where its margin reaches the round's least one; with one the least
margin follows from how many are wanted; a random rule takes as many, whatever their margin. All three
are a bar that no find's rank may exceed: its margin turned around, then its draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from ..settings import Quota, SelectionSettings, of_round
from .selection import Find, R, Rule

Rank = tuple[float, float]
"""(minus the margin, the draw): the smaller, the sooner it is taken."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a find has to reach, and where it comes from."""

    highest: Rank
    told: str
    """Why a find that does not reach it is left out."""
    random: bool = False
    """The draw alone counts."""

    def takes(self, find: Find[R]) -> bool:
        """Return whether a find becomes a row."""
        return rank(find, random=self.random) <= self.highest


@dataclass(frozen=True, slots=True)
class Bars:
    """What the finds of a round have to reach."""

    sft: Bar
    pairs: Bar
    kept: Bar | None = None
    """Of what the target won; None where none of it is learned again."""


@dataclass(slots=True)
class Seen:
    """All finds of a round, as far as its bars need them."""

    decided: int = 0
    """Instructions that are not broken."""
    won: int = 0
    """Their battles that somebody won."""
    sft: dict[Rule, list[Rank]] = field(
        default_factory=lambda: {"lost": [], "random": [], "kept": []}
    )
    """SFT finds by rule."""
    pairs: list[Rank] = field(default_factory=list)


def by_margin(settings: SelectionSettings, number: int) -> Bars:
    """Return the bars of a round's least margins."""
    return Bars(
        _least(of_round(settings.sft_margin, number)),
        _least(of_round(settings.preference_margin, number)),
    )


def by_number(settings: SelectionSettings, number: int, seen: Seen) -> Bars:
    """Return the bars of a round that takes a number of its finds: by quota, at random, or both."""
    least = by_margin(settings, number)
    sft, pairs = least.sft, least.pairs
    if settings.sft_quota:
        sft = _best(seen.sft["lost"], _wanted(settings.sft_quota, number, seen.decided))
    if settings.preference_quota:
        pairs = _best(seen.pairs, _wanted(settings.preference_quota, number, seen.won))
    lost = sum(found <= sft.highest for found in seen.sft["lost"])
    again = round(settings.rehearsal * lost)
    if settings.rule == "lost":
        return Bars(sft, pairs, _at_random(seen.sft["kept"], again) if again else None)
    return Bars(
        _at_random(seen.sft["random"], lost + again),
        _at_random(seen.pairs, sum(found <= pairs.highest for found in seen.pairs)),
    )


def counts(settings: SelectionSettings) -> bool:
    """Return whether the bars of a round can only be told once all its finds are seen."""
    by_rule = settings.rule == "random" or settings.rehearsal
    return bool(settings.sft_quota or settings.preference_quota or by_rule)


def rank(find: Find[R], *, random: bool = False) -> Rank:
    """Return where a find stands among those of its round."""
    return (0.0 if random else -find.row.margin, find.draw)


def _least(margin: float) -> Bar:
    return Bar((-margin, inf), f"margin below the round's {margin:g}")


def _wanted(quotas: Sequence[Quota], number: int, candidates: int) -> int:
    return of_round(quotas, number).of(candidates)


def _best(ranks: Sequence[Rank], wanted: int) -> Bar:
    """Return the bar that takes as many of these ranks as are wanted, the best ones."""
    if not wanted or not ranks:
        return Bar((-inf, 0.0), "the round's quota is 0")
    last = sorted(ranks)[min(wanted, len(ranks)) - 1]
    return Bar(last, f"below the round's quota of {wanted}, which ends at margin {-last[0]:g}")


def _at_random(ranks: Sequence[Rank], wanted: int) -> Bar:
    """Return the bar that takes as many as are wanted, by their draws alone."""
    found = _best([(0.0, draw) for _, draw in ranks], wanted)
    return Bar(found.highest, f"not among the {wanted} that were drawn at random", random=True)
