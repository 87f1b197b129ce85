"""Position bias: whether the answer shown first wins more often than it should."""

from dataclasses import dataclass

from .table import BattleTable


@dataclass(frozen=True)
class Position:
    """Shares of the battle weight, 0 to 1, summing to 1."""

    first: float
    """Battles that the model shown first won. Fair judges give both places the same share only when
    every pair is shown in both orders; else strong models may simply stand first more often."""
    second: float
    ties: float

    @property
    def first_of_decided(self) -> float | None:
        """Return the first place's share of the battles that were no tie; None if all were ties."""
        decided = self.first + self.second
        return self.first / decided if decided else None


def position(table: BattleTable) -> Position:
    """Count who won by place; a graded score above 0.5 is a win of the model shown first."""
    total = float(table.weight.sum()) or 1.0
    first = float(table.weight[table.score > 0.5].sum()) / total
    second = float(table.weight[table.score < 0.5].sum()) / total
    ties = float(table.weight[table.score == 0.5].sum()) / total
    return Position(first, second, ties)
