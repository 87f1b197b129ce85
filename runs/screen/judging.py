"""How judging went beyond the verdicts: jurors who fail, what a cascade saved, what conferring changed.

Who gave no verdicts, or judged places and not answers, is told before all else.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ...agents.cast import Cast
from ...agents.records import Battle
from ...graphs import kinds
from ...graphs.arena.cascade import first_jurors, measure
from ...graphs.arena.conferring import conferred
from ...graphs.arena.verdict import juror_verdicts
from ...graphs.settings import ArenaSettings
from ..store import Store

SOME = 0.05
"""Share of lost verdicts from which a juror is called broken."""
_TRUE = frozenset({"1", "true", "True"})
"""As databases tell it of a field."""
_PAIRS = 3
"""Battles in both orders below which it tells nothing that a juror changed sides."""


@dataclass(frozen=True)
class JurorFailures:
    """What a juror was asked and did not give, or gave to a place."""

    juror: str
    games: int
    """That gave a verdict."""
    failed: int
    """That gave none."""
    reasons: dict[str, int]
    pairs: int = 0
    """Battles that it judged in both orders; counted where most battles are disputed."""
    turned: int = 0
    """Those in which it preferred the other answer once they changed places."""

    @property
    def torn(self) -> bool:
        """Whether it changes sides with the order more often than not."""
        return self.pairs >= _PAIRS and self.turned * 2 > self.pairs

    @property
    def share(self) -> float:
        """Of all its games, how many failed."""
        return self.failed / (self.games + self.failed)

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {**asdict(self), "share": round(self.share, 4), "torn": self.torn}


def failure_lines(jurors: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the same for a reader, from the plain data."""
    for one in jurors:
        if one["failed"]:
            why = ", ".join(f"{n} {reason}" for reason, n in one["reasons"].items())
            broken = "; mend it before you trust what it said" if one["share"] > SOME else ""
            yield (
                f"{one['juror']} gave no verdict in {one['failed']} of {one['games'] + one['failed']} "
                f"games ({one['share']:.0%}): {why}{broken}"
            )
        if one["torn"]:
            yield (
                f"{one['juror']} changed sides in {one['turned']} of {one['pairs']} battles once the answers "
                "changed places: it judges the place, such battles are disputed and train nobody; name "
                "another juror"
            )


async def juror_failures(store: Store) -> list[JurorFailures]:
    """Return the jurors with games that gave no verdict, or one that hangs on the place; the worst first."""
    reasons: dict[str, Counter[str]] = {}
    for (stage, who, why), n in (
        await store.count_by(kinds.REJECT, "stage", "model", "reason")
    ).items():
        if stage in ("judge", "confer") and who:
            reasons.setdefault(who, Counter())[why] += n
    disputed = await _mostly_disputed(store)
    if not reasons and not disputed:  # mostly: nothing has to be counted
        return []
    games, pairs, turned = Counter[str](), Counter[str](), Counter[str]()
    async for battle in store.stream(kinds.BATTLE):
        games.update(game.juror for game in battle.games)
        if disputed:
            verdicts = juror_verdicts(battle.games)
            pairs.update(v.juror for v in verdicts)
            turned.update(v.juror for v in verdicts if not v.consistent)
    found = [
        JurorFailures(
            who, games[who], lost.total(), dict(lost.most_common()), pairs[who], turned[who]
        )
        for who, lost in ((who, reasons.get(who, Counter())) for who in {*reasons, *games})
    ]
    told = (one for one in found if one.failed or one.torn)
    return sorted(told, key=lambda one: (-one.share, one.juror))


async def _mostly_disputed(store: Store) -> bool:
    """Return whether more than half of the battles are."""
    counts = await store.count_by(kinds.BATTLE, "disputed")
    torn = sum(n for (value,), n in counts.items() if value in _TRUE)
    return torn * 2 > sum(counts.values())


async def judging(
    battles: Callable[[], AsyncIterator[Battle]], arena: ArenaSettings, cast: Cast
) -> dict[str, Any]:
    """Return the figures of the cascade and of conferring as plain data; only what was asked for.

    `battles` is called once for each, so that no battle has to be kept in memory.
    """
    data: dict[str, Any] = {}
    if arena.cascade is not None:
        first = first_jurors(cast.jury, arena.cascade)
        # The jury that selects: who evaluates is another, and its trust another matter.
        found = await measure((b async for b in battles() if b.purpose == "selection"), first)
        low, high = found.interval
        data["cascade"] = {
            "first": sorted(first),
            "margin": arena.cascade.margin,
            "battles": found.battles,
            "covered": found.covered,
            "coverage": round(found.coverage, 4),
            "audited": found.audited,
            "accuracy": None if found.accuracy is None else round(found.accuracy, 4),
            "low": round(low, 4),
            "high": round(high, 4),
        }
    if arena.protocol != "battle" and (changed := await conferred(battles())) is not None:
        data["conferring"] = {
            "games": changed.games,
            "turned": changed.turned,
            "agreement_before": round(changed.before, 4),
            "agreement_after": round(changed.after, 4),
        }
    return data


def judging_lines(data: dict[str, Any]) -> list[str]:
    """Return the same for a reader."""
    lines: list[str] = []
    cascade = data.get("cascade")
    if cascade and cascade["battles"]:
        trust = (
            f"the others agree on {cascade['accuracy']:.1%} of {cascade['audited']} audited ones "
            f"(95 %: {cascade['low']:.1%} to {cascade['high']:.1%})"
            if cascade["audited"]
            else "none of them was audited: set arena.cascade.audited higher to see how far to trust it"
        )
        lines.append(
            f"Cascade: {', '.join(cascade['first'])} decided {cascade['covered']} of "
            f"{cascade['battles']} battles ({cascade['coverage']:.1%}) at a margin of "
            f"{cascade['margin']:g}; {trust}"
        )
    if talk := data.get("conferring"):
        lines.append(
            f"Conferring: {talk['turned']} of {talk['games']} votes changed sides; mean agreement "
            f"{talk['agreement_before']:.1%} before, {talk['agreement_after']:.1%} after "
            "(agreement is not accuracy)"
        )
    return lines
