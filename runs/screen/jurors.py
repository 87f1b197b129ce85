"""Jurors who fail: how many of their games gave no verdict, and why. Told before anything they said."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ...graphs import kinds
from ..store import Store

SOME = 0.05
"""Share of lost verdicts from which a juror is called broken."""


@dataclass(frozen=True)
class JurorFailures:
    """What a juror was asked and did not give."""

    juror: str
    games: int
    """That gave a verdict."""
    failed: int
    """That gave none."""
    reasons: dict[str, int]

    @property
    def share(self) -> float:
        """Of all its games, how many failed."""
        return self.failed / (self.games + self.failed)

    def data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {**asdict(self), "share": round(self.share, 4)}


def failure_lines(jurors: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the same for a reader, from the plain data."""
    for one in jurors:
        why = ", ".join(f"{n} {reason}" for reason, n in one["reasons"].items())
        broken = "; mend it before you trust what it said" if one["share"] > SOME else ""
        yield (
            f"{one['juror']} gave no verdict in {one['failed']} of {one['games'] + one['failed']} games "
            f"({one['share']:.0%}): {why}{broken}"
        )


async def juror_failures(store: Store) -> list[JurorFailures]:
    """Return the jurors with games that gave no verdict, the worst first."""
    reasons: dict[str, Counter[str]] = {}
    for (stage, who, why), n in (
        await store.count_by(kinds.REJECT, "stage", "model", "reason")
    ).items():
        if stage in ("judge", "confer") and who:
            reasons.setdefault(who, Counter())[why] += n
    if not reasons:  # mostly: nothing has to be counted
        return []
    games: Counter[str] = Counter()
    async for battle in store.stream(kinds.BATTLE):
        games.update(game.juror for game in battle.games)
    found = [
        JurorFailures(who, games[who], lost.total(), dict(lost.most_common()))
        for who, lost in reasons.items()
    ]
    return sorted(found, key=lambda one: (-one.share, one.juror))
