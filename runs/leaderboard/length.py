"""AlpacaEval's length-controlled win rates for battles against one baseline."""

import numpy as np

from ...tools.ratings.length import LengthControlled, Matched, length_controlled
from .battles import Battles
from .difficulty import Difficulty


def length_controlled_rates(
    battles: Battles, baseline: str, difficulty: Difficulty
) -> dict[str, LengthControlled]:
    """Return each model's win rate over the baseline with answers as long as the baseline's.

    Raises:
        UserError: A question has no difficulty.
    """
    models = battles.table.models
    return {
        model: length_controlled(matched, difficulty.gamed)
        for model in models
        if model != baseline
        if (matched := _matched(battles, model, baseline, difficulty)) is not None
    }


def _matched(battles: Battles, model: str, baseline: str, difficulty: Difficulty) -> Matched | None:
    table = battles.table
    if baseline not in table.models:
        return None
    one, other = table.models.index(model), table.models.index(baseline)
    second = (table.a == other) & (table.b == one)
    rows = second | ((table.a == one) & (table.b == other))
    if not rows.any():
        return None
    at = battles.style.index("len")
    lead = np.where(second, 1.0, -1.0)[rows]
    longer_a = (battles.style_a[:, at] - battles.style_b[:, at])[rows]
    questions = battles.questions.take(table.question[rows]).to_pylist()
    return Matched(
        preference=np.where(second, 1.0 - table.score, table.score)[rows],
        shorter=lead * longer_a,
        difficulty=difficulty.of(questions),
    )
