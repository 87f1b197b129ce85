"""What a row of an audit must be beside a verdict: lengths, checkers' words, a jury's games."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...tools.ratings.connection import Bools
from ...tools.tables import Batch
from ..leaderboard.arrays import numbers
from ..leaderboard.checks import Fault, empty_value

CHECKED = {"passed": True, "true": True, "1": True, "failed": False, "false": False, "0": False}
SHOWN = ("model_a", "model_b")


def answer_faults(batch: Batch) -> list[Fault]:
    """Return what can be wrong with what a row tells of its answers and games."""
    return [*_lengths(batch), *_checked(batch), *_games(batch)]


def _lengths(batch: Batch) -> Iterator[Fault]:
    for name in ("len_a", "len_b"):
        if name in batch.columns:
            column = batch.columns[name]
            value = numbers(column)
            bad = ~empty_value(column) & ~(np.isfinite(value) & (value >= 0))
            allowed = "it must be empty or a number of 0 or more"
            yield Fault(f"bad {name}", bad, (name,), allowed)


def _checked(batch: Batch) -> Iterator[Fault]:
    for name in ("checked_a", "checked_b"):
        if name in batch.columns:
            said = [str(v or "").lower() for v in batch.columns[name].to_pylist()]
            known = {*CHECKED, ""}
            bad = np.array([word not in known for word in said], dtype=np.bool_)
            allowed = "it must be empty, passed or failed (true, false)"
            yield Fault(f"bad {name}", bad, (name,), allowed)


def _games(batch: Batch) -> Iterator[Fault]:
    if "games" in batch.columns:
        bad: Bools = np.array(
            [not _are_games(value) for value in batch.columns["games"].to_pylist()], dtype=np.bool_
        )
        allowed = (
            "it must be empty or a list of games: juror, shown_first, score_a and score_b, and where "
            "jurors conferred before_a and before_b"
        )
        yield Fault("bad games", bad, ("games",), allowed)


def _are_games(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(map(_is_game, value)))


def _is_game(game: Any) -> bool:
    return (
        isinstance(game, dict)
        and isinstance(game.get("juror"), str)
        and game.get("shown_first") in SHOWN
        and all(type(game.get(name)) in (int, float) for name in ("score_a", "score_b"))
        and all(type(game.get(name, 0.0)) in (int, float) for name in ("before_a", "before_b"))
    )
