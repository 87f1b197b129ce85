"""The jurors' single games inside the battles of a run: what position and agreement are told from.

A battle of a run was judged in both orders by every juror, so its own row says nothing about
position; its games do.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from .arrays import coded, compute, mapped, numbers
from .battles import Battles, Columns, together
from .source import Batch

FIRST = {"model_a": 1.0, "model_b": 0.0}


FIELDS = ("juror", "shown_first", "score_a", "score_b")


def has_games(batch: Batch) -> bool:
    """Tell whether the rows hold the games of a run's battles."""
    if "games" not in batch.columns or not pa.types.is_list(batch.columns["games"].type):
        return False
    kind = batch.columns["games"].type.value_type
    return pa.types.is_struct(kind) and {field.name for field in kind} >= set(FIELDS)


@dataclass
class Games:
    """Piles up the games of all batches."""

    parts: list[Columns] = field(default_factory=list)

    def add(self, batch: Batch, by: str | None) -> None:
        """Take the games of some battles; what was shown first becomes model_a."""
        lists = batch.columns["games"]
        games = lists.flatten()
        if not len(games):
            return
        parent = compute.list_parent_indices(lists)
        higher = numbers(games.field("score_a")) - numbers(games.field("score_b"))
        first_is_a = mapped(coded(games.field("shown_first")), FIRST) == 1.0
        of_a, of_b = (coded(batch.columns[n]).take(parent) for n in ("model_a", "model_b"))
        for rows, first, second, lead in (
            (first_is_a, of_a, of_b, higher),
            (~first_is_a, of_b, of_a, -higher),
        ):
            mask = pa.array(rows)
            self.parts.append(
                Columns(
                    question=coded(batch.columns["question_id"]).take(parent).filter(mask),
                    model_a=first.filter(mask),
                    model_b=second.filter(mask),
                    score=0.5 + 0.5 * np.sign(lead[rows]),
                    weight=np.ones(int(rows.sum())),
                    judge=coded(games.field("juror")).filter(mask),
                    group=coded(batch.columns[by]).take(parent).filter(mask) if by else None,
                    style_a=np.zeros((int(rows.sum()), 0)),
                    style_b=np.zeros((int(rows.sum()), 0)),
                )
            )

    def battles(self) -> Battles | None:
        """Return all games as a table."""
        return together(self.parts, ()) if self.parts else None
