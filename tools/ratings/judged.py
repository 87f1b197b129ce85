"""Games by judge: how often each judge let each model win, lose or tie against each other one.

However many battles there are, the fits of judges work on these counts alone.
"""

from dataclasses import dataclass

import numpy as np

from .table import BattleTable, Floats, Ints, add_up, some

MET_BOTH_WAYS = 0.1
"""Share of a judge's games whose pair it also saw the other way round, from which on the place
shown first can be told from the models that stood there."""
LEAST = 0.05
"""Least weight of a game, as a share of the mean: a prior far below holds nothing."""
COMMON = 0.1
"""Share of the different games, the lightest ones, whose heaviest tells the weight of a game."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Battles with the judge of each, and the kind of game each one is."""

    table: BattleTable
    judge: Ints
    """Number of the judge of each battle, shape (battles,); one beyond the last of `judges` is nobody:
    the battle was decided otherwise."""
    judges: tuple[str, ...]
    kind: Ints
    """Which of the kinds below each battle is, shape (battles,)."""
    kinds: Ints
    """judge, model shown first, model shown second; shape (3, kinds)."""
    unit: float
    """Weight of one game: copies of a row are one game, told twice."""

    @classmethod
    def of(cls, table: BattleTable, judge: Ints, judges: tuple[str, ...]) -> "Judged":
        """Sort battles into kinds; battles of a model with itself are of none.

        Raises:
            ValueError: No battle of two models has weight.
        """
        real = (table.a != table.b) & (table.weight > 0)
        if not real.all():
            if not real.any():
                raise ValueError("no battle of two models has a weight above 0: nothing to rate")
            table, judge = some(table, real), judge[real]
        count = len(table.models)
        code = (judge * count + table.a) * count + table.b
        found, kind = np.unique(code, return_inverse=True)
        kinds = np.stack([found // count**2, found // count % count, found % count])
        by_judge = judge < len(judges)
        mixed = by_judge.any() and not by_judge.all()
        told = (some(table, by_judge), judge[by_judge]) if mixed else (table, judge)
        return cls(table, judge, judges, kind.astype(np.int64), kinds, _unit(*told))

    @property
    def seats(self) -> int:
        """How many judges there are, nobody counted where somebody's battles are nobody's."""
        return len(self.judges) + int((self.judge == len(self.judges)).any())

    def counts(self, weight: Floats) -> "Counts":
        """Count each kind of game, with the weight of each battle given, shape (battles,)."""
        score, size = self.table.score, self.kinds.shape[1]
        tie = score == 0.5
        total = add_up(self.kind, weight, size)
        tied = add_up(self.kind[tie], weight[tie], size)
        won = add_up(self.kind, weight * score, size) - 0.5 * tied
        judge, first, second = self.kinds
        # What is left of a difference of equal sums is no game.
        rest = total - tied
        won = np.clip(won, 0.0, rest)
        return Counts(judge, first, second, won, rest - won, tied)


@dataclass(frozen=True, eq=False)
class Counts:
    """Weight of the games of each judge, model shown first and model shown second.

    A score between a win and a loss is that share of a win and the rest of a loss, as in the plain
    fit; a score of exactly one half is a tie.
    """

    judge: Ints
    first: Ints
    second: Ints
    won: Floats
    """By the model shown first."""
    lost: Floats
    tied: Floats

    def of_judges(self, judges: int) -> "Counts":
        """Return the games of the first so many judges."""
        rows = self.judge < judges
        return self if rows.all() else some(self, rows)

    def wins(self, models: int) -> Floats:
        """Return the weight won by row model over column model; a tie is half a win each way."""
        forth, back = self.first * models + self.second, self.second * models + self.first
        flat = add_up(forth, self.won + 0.5 * self.tied, models**2)
        flat += add_up(back, self.lost + 0.5 * self.tied, models**2)
        return flat.reshape(models, models)

    def met_both_ways(self, judges: int, models: int) -> Floats:
        """Return the share of each judge's games whose pair it saw as often the other way round."""
        weight = self.won + self.lost + self.tied
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        pair = np.unique((self.judge * models + low) * models + high, return_inverse=True)[1]
        size = int(pair.max()) + 1
        forth = self.first == low
        less = np.minimum(
            add_up(pair[forth], weight[forth], size), add_up(pair[~forth], weight[~forth], size)
        )
        of = np.zeros(size, dtype=np.int64)
        of[pair] = self.judge
        total = add_up(self.judge, weight, judges)
        return np.asarray(2.0 * add_up(of, less, judges) / np.where(total > 0, total, 1.0))


def _unit(table: BattleTable, judge: Ints) -> float:
    """Return the weight of a game with all its copies.

    Taken from the light ones, since where one question stands for many, equal games are no copies.
    """
    count = len(table.models)
    low, high = np.minimum(table.a, table.b), np.maximum(table.a, table.b)
    won = np.where(table.a == low, table.score, 1.0 - table.score)
    scores, score = np.unique(won, return_inverse=True)
    code = ((judge * count + low) * count + high) * table.questions + table.question
    same = np.unique(code, return_inverse=True)[1]
    same = np.unique(same * len(scores) + score, return_inverse=True)[1]
    together = add_up(same, table.weight, int(same.max()) + 1)
    light = np.quantile(together, COMMON, method="lower")
    return float(max(light, LEAST * together.mean()))
