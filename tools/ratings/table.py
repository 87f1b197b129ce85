"""Battles as arrays: who met whom on which question, and who won.

    table = BattleTable.from_rows([("q1", "owl", "fox", "model_a", 1.0)])

Large files skip the rows: `BattleTable(a, b, score, weight, question, models)` takes the columns.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from .verdict import SCORES, folded

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

T = TypeVar("T", bound=np.generic)
R = TypeVar("R", bound="DataclassInstance")
Row = tuple[str, str, str, str | float, float]
"""question id, model shown first, model shown second, winner, weight."""


@dataclass(frozen=True, eq=False)
class BattleTable:
    """Battles in columns of one length; models and questions are counted from 0.

    A model may battle itself (to probe a judge): that tells about position, never about ratings.
    """

    a: Ints
    """Model shown first."""
    b: Ints
    """Model shown second."""
    score: Floats
    """Share of the win that goes to `a`: 1, 0.5 for a tie, 0, or graded in between."""
    weight: Floats
    """How many battles this row counts for; 0 or more."""
    question: Ints
    """The cluster: rows of one question are resampled together."""
    models: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        lengths = {len(column) for column in (self.a, self.b, self.score, self.weight)}
        if lengths != {len(self.question)}:
            raise ValueError(f"battle columns differ in length: {sorted(lengths)}")
        if not len(self.a):
            raise ValueError("no battles: nothing to rate")
        if min(self.a.min(), self.b.min(), self.question.min()) < 0:
            raise ValueError("model and question numbers start at 0; a negative one was given")
        if max(self.a.max(), self.b.max()) >= len(self.models):
            raise ValueError(f"a battle names a model beyond the {len(self.models)} known ones")

    def __len__(self) -> int:
        """Return the number of battles."""
        return len(self.a)

    @property
    def questions(self) -> int:
        """How many question numbers there are (the highest one plus 1)."""
        return int(self.question.max()) + 1

    @property
    def meetings(self) -> Ints:
        """A number for the question and the pair of each battle, whoever was shown first."""
        count = len(self.models)
        low, high = np.minimum(self.a, self.b), np.maximum(self.a, self.b)
        return np.asarray((self.question * count + low) * count + high)

    @classmethod
    def from_rows(cls, rows: Iterable[Row]) -> "BattleTable":
        """Number models and questions in the order they appear.

        Args:
            rows: (question id, model_a, model_b, winner, weight); the winner is `model_a`,
                `model_b`, `tie`, or a number from 0 to 1: the share of the win for model_a.

        Raises:
            ValueError: A row has an unknown winner or a bad weight; the message names the row.
        """
        models: dict[str, int] = {}
        questions: dict[str, int] = {}
        a, b, question = list[int](), list[int](), list[int]()
        score, weight = list[float](), list[float]()
        for number, (question_id, model_a, model_b, winner, row_weight) in enumerate(rows, start=1):
            score.append(score_of(winner, number))
            weight.append(_weight(row_weight, number))
            a.append(models.setdefault(model_a, len(models)))
            b.append(models.setdefault(model_b, len(models)))
            question.append(questions.setdefault(question_id, len(questions)))
        return cls(
            np.array(a, dtype=np.int64),
            np.array(b, dtype=np.int64),
            np.array(score, dtype=np.float64),
            np.array(weight, dtype=np.float64),
            np.array(question, dtype=np.int64),
            tuple(models),
        )


def columns_in_order(
    a: npt.NDArray[T], b: npt.NDArray[T], turned: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[T], npt.NDArray[T]]:
    """Do what `in_order` does to whole columns: exchange them in the rows shown the other way round."""
    return np.where(turned, b, a), np.where(turned, a, b)


def some(record: R, rows: npt.NDArray[np.bool_]) -> R:
    """Return some rows of a record of columns, and of the records in it; what is no column stays."""

    def taken(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value[rows]
        if is_dataclass(value) and not isinstance(value, type):
            return some(value, rows)
        return value

    return replace(record, **{f.name: taken(getattr(record, f.name)) for f in fields(record)})


def add_up(index: Ints, values: Floats, size: int) -> Floats:
    """Sum the values of equal index, shape (size,)."""
    return np.asarray(np.bincount(index, values, size), dtype=np.float64)


def score_of(winner: str | float, row: int) -> float:
    """Return model_a's share of the win; an unknown verdict is an error, never a tie."""
    known = SCORES.get(folded(winner)) if isinstance(winner, str) else float(winner)
    if known is None or not 0.0 <= known <= 1.0:
        raise ValueError(
            f"row {row}: winner is {winner!r}; it must be model_a, model_b, tie, "
            "or a number from 0 to 1 (the share of the win that goes to model_a)"
        )
    return known


def _weight(weight: float, row: int) -> float:
    if not (math.isfinite(weight) and weight >= 0):
        raise ValueError(f"row {row}: weight is {weight!r}; it must be a number of 0 or more")
    return float(weight)
