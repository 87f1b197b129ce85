"""Jurors who fail: who gave no verdicts, and why; who judged places and not answers. Told before all else."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ...graphs import kinds
from ...graphs.arena.verdict import juror_verdicts
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
