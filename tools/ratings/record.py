"""What each model won, tied and lost against each other one, every verdict as one."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .table import BattleTable, Ints

Ties = Literal["apart", "half", "drop"]


@dataclass(frozen=True, eq=False)
class Record:
    """Verdicts by pair of models."""

    models: tuple[str, ...]
    won: Ints
    """Verdicts for row model over column model, shape (models, models)."""
    tied: Ints

    def of(self, model: str) -> tuple[int, int, int]:
        """Return a model's wins, ties and losses."""
        at = self.models.index(model)
        return int(self.won[at].sum()), int(self.tied[at].sum()), int(self.won[:, at].sum())

    def against(self, model: str) -> dict[str, tuple[int, int, int]]:
        """Return a model's wins, ties and losses by opponent, the one it fares worst with first."""
        if model not in self.models:
            return {}
        at = self.models.index(model)
        met = np.flatnonzero(self.won[at] + self.tied[at] + self.won[:, at])
        found = {
            self.models[other]: (
                int(self.won[at, other]),
                int(self.tied[at, other]),
                int(self.won[other, at]),
            )
            for other in met
        }
        return dict(sorted(found.items(), key=lambda item: (_points(item[1]), item[0])))


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


def _points(found: tuple[int, int, int]) -> float:
    won, tied, lost = found
    return (won + 0.5 * tied) / (won + tied + lost)


def loss_rate(found: tuple[int, int, int], ties: Ties) -> float | None:
    """Return the share of losses: of all verdicts, with half of the ties, or of the decided ones."""
    won, tied, lost = found
    total = won + lost if ties == "drop" else won + tied + lost
    return (lost + (0.5 * tied if ties == "half" else 0.0)) / total if total else None
