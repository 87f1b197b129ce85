"""The cascade: cheap jurors judge first, the others only where these are unsure. Pure decisions.

After "Trust or Escalate" (arXiv 2407.18370): a verdict is trusted where its margin is large, and how
far that trust holds is measured, here on battles that the other jurors judge all the same.
"""

from collections.abc import AsyncIterable, Collection, Sequence
from dataclasses import dataclass
from random import Random

from ...agents.cast import Cast
from ...agents.records import Battle, Cascaded, Game
from ...tools.ratings.share import wilson
from ..settings import CascadeSettings
from .verdict import juror_verdicts, jury_verdict


def front_of(cast: Cast, sitting: Sequence[str], cascade: CascadeSettings) -> list[str]:
    """Return who of the sitting jurors judges first: all, where none of the first may sit."""
    first = first_jurors(cast.jury, cascade) | first_jurors(cast.evaluation_jury, cascade)
    return [juror for juror in sitting if juror in first] or list(sitting)


def first_jurors(jury: Sequence[str], cascade: CascadeSettings) -> frozenset[str]:
    """Return the aliases at the front of a jury; none where nobody sits behind them."""
    return frozenset(jury[: cascade.first] if len(jury) > cascade.first else ())


def cascaded(games: Sequence[Game], cascade: CascadeSettings, *, draw: str) -> Cascaded:
    """Return what follows from the first jurors' games; `draw` (seed and battle) tells what is audited."""
    verdicts = juror_verdicts(games)
    if not verdicts or not all(v.consistent for v in verdicts):
        return "unsure"
    found = jury_verdict(verdicts)
    if found.disputed or found.winner == "tie" or abs(found.margin) < cascade.margin:
        return "unsure"
    return "audited" if Random(f"{draw}/audit").random() < cascade.audited else "sure"


@dataclass(frozen=True)
class Coverage:
    """What a cascade saved, and how far its first jurors can be trusted."""

    battles: int
    """That a jury judged."""
    covered: int
    """Where the first jurors were sure."""
    audited: int
    """Sure ones that the others judged too, with a winner of their own."""
    agreed: int
    """Audited ones where the others name the same winner."""

    @property
    def coverage(self) -> float:
        """Share of the battles that the first jurors decide."""
        return self.covered / self.battles if self.battles else 0.0

    @property
    def accuracy(self) -> float | None:
        """Share of the audited battles where the others agree; None where none was audited."""
        return self.agreed / self.audited if self.audited else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy (Wilson 1927); (0, 1) where none was audited."""
        return wilson(self.agreed / self.audited, self.audited) if self.audited else (0.0, 1.0)


async def measure(battles: AsyncIterable[Battle], first: Collection[str]) -> Coverage:
    """Count how a cascade went; `first` are the aliases of the jurors at the front.

    Where jurors conferred it is their votes before that tell: afterwards all have heard all.
    """
    judged = covered = audited = agreed = 0
    async for battle in battles:
        judged += bool(battle.cascade)
        covered += battle.cascade in ("sure", "audited")
        if battle.cascade != "audited":
            continue
        front, others = (
            juror_verdicts(g.alone() for g in battle.games if (g.juror in first) is ahead)
            for ahead in (True, False)
        )
        if front and others:
            audited += 1
            agreed += jury_verdict(front).winner == jury_verdict(others).winner
    return Coverage(judged, covered, audited, agreed)
