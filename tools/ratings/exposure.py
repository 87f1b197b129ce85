"""Whether battles can bear a ranking: who was shown first, who met whom, how many questions count.

A rating takes every win for the model's. Where each pair was shown in one order only, what a judge gives
to a place goes to the models as well; where one question carries most of the weight, its luck does.
"""

from dataclasses import dataclass

import numpy as np

from .fit import Fit
from .newton import regular, sigmoid
from .table import BattleTable, Floats, Ints, add_up

FEW_QUESTIONS = 0.05
"""Share of the questions that is few."""


@dataclass(frozen=True, eq=False)
class Exposure:
    """How battles were laid out."""

    models: tuple[str, ...]
    balanced: float
    """Share of the weight whose pair was shown as often the other way round."""
    by_chance: float
    """What would be balanced if the order of each battle were drawn by chance: less than all."""
    first: Floats
    """Share of each model's battles in which it is shown first."""
    battles: Ints
    opponents: Ints
    """How many others each model met."""
    effective: float
    """How many questions of equal weight say as much (Kish 1965): fewer where some weigh much more."""
    questions: int

    def leaning(self, least: int, share: float) -> dict[str, float]:
        """Return the models that stand in one place in more than a share of their battles."""
        one_side = (self.battles >= least) & (np.abs(self.first - 0.5) > share - 0.5)
        return {self.models[at]: float(self.first[at]) for at in np.flatnonzero(one_side)}


def exposure(table: BattleTable) -> Exposure:
    """Look at the battles of different models; those of a model with itself rank nobody."""
    count = len(table.models)
    other = table.a != table.b
    cells = table.a * count + table.b
    shown = add_up(cells, np.where(other, table.weight, 0.0), count**2).reshape(count, count)
    met = np.bincount(cells[other], minlength=count**2).reshape(count, count)
    stood, battles = met.sum(axis=1), (met + met.T).sum(axis=1)
    each = np.triu(met + met.T, 1)
    # The mean distance of the two orders among n drawn ones (normal approximation); of one it is 1.
    apart = np.where(each > 1, np.sqrt(2.0 * each / np.pi), each)
    by_question = np.bincount(table.question, table.weight)
    by_question = by_question[by_question > 0]
    return Exposure(
        models=table.models,
        balanced=float(np.minimum(shown, shown.T).sum() / (shown.sum() or 1.0)),
        by_chance=float(1.0 - apart.sum() / max(each.sum(), 1)),
        first=stood / np.maximum(battles, 1),
        battles=battles,
        opponents=((met + met.T) > 0).sum(axis=1),
        effective=float(by_question.sum() ** 2 / ((by_question**2).sum() or 1.0)),
        questions=len(by_question),
    )


def carried_by(table: BattleTable, fit: Fit, ahead: int, behind: int) -> int | None:
    """Return how few questions carry one model's lead over another: without them it is gone.

    By the influence of each question on the difference of the two ratings, to first order (Broderick,
    Giordano and Meager 2020, "An automatic finite-sample robustness metric"). None where it takes more
    than a few of them, or where there is no lead.
    """
    count = len(fit.models)
    lead = float(fit.strengths[ahead] - fit.strengths[behind])
    most = int(FEW_QUESTIONS * np.count_nonzero(np.bincount(table.question, table.weight)))
    if fit.regularised or lead <= 0 or most < 1 or table.models != fit.models:
        return None
    expected = sigmoid(fit.strengths[:, None] - fit.strengths)
    hessian = regular(((fit.wins + fit.wins.T) * expected * (1.0 - expected))[None], np.zeros(1))[0]
    contrast = np.zeros(count)
    contrast[ahead], contrast[behind] = 1.0, -1.0
    pull = np.linalg.solve(hessian, contrast)
    surprise = table.weight * (table.score - expected[table.a, table.b])
    moved = np.bincount(table.question, surprise * (pull[table.a] - pull[table.b]))
    taken = np.cumsum(np.sort(moved)[::-1][:most])
    return int(np.argmax(taken > lead)) + 1 if (taken > lead).any() else None
