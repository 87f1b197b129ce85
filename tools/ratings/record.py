"""What each model won, tied and lost against each other one, every verdict as one."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from .table import BattleTable, Ints

Ties = Literal["apart", "half", "drop"]


class Tally(NamedTuple):
    """Verdicts for a model, for nobody, and for who it met."""

    wins: int
    ties: int
    losses: int

    @property
    def share(self) -> float:
        """The share won, a tie counting half."""
        return (self.wins + 0.5 * self.ties) / sum(self)

    def loss_rate(self, ties: Ties) -> float | None:
        """Return the share of losses: of all verdicts, with half of the ties, or of the decided ones."""
        total = self.wins + self.losses if ties == "drop" else sum(self)
        lost = self.losses + (0.5 * self.ties if ties == "half" else 0.0)
        return lost / total if total else None


@dataclass(frozen=True, eq=False)
class Record:
    """Verdicts by pair of models."""

    models: tuple[str, ...]
    won: Ints
    """Verdicts for row model over column model, shape (models, models)."""
    tied: Ints

    def of(self, model: str) -> Tally:
        """Return a model's wins, ties and losses."""
        at = self.models.index(model)
        return Tally(*(int(v.sum()) for v in (self.won[at], self.tied[at], self.won[:, at])))

    def against(self, model: str) -> dict[str, Tally]:
        """Return a model's wins, ties and losses by opponent, the one it fares worst with first."""
        if model not in self.models:
            return {}
        at = self.models.index(model)
        met = np.flatnonzero(self.won[at] + self.tied[at] + self.won[:, at])
        found = {
            self.models[other]: Tally(
                int(self.won[at, other]), int(self.tied[at, other]), int(self.won[other, at])
            )
            for other in met
        }
        return dict(sorted(found.items(), key=lambda item: (item[1].share, item[0])))


def record(table: BattleTable) -> Record:
    """Count; a graded score above 0.5 is a win, and a model against itself counts nothing."""
    count = len(table.models)
    other = table.a != table.b

    def cells(forth: float) -> Ints:
        sign = np.sign(np.round(table.score - 0.5, 9))
        one = np.bincount((table.a * count + table.b)[other & (sign == forth)], minlength=count**2)
        two = np.bincount((table.b * count + table.a)[other & (sign == -forth)], minlength=count**2)
        return np.asarray((one + two).reshape(count, count), dtype=np.int64)

    return Record(table.models, cells(1.0), cells(0.0))
