"""A ranking from a file: battles that are rated, a board's JSON, or a table of models and scores."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.errors import UserError
from ...tools.ratings.intervals import NORMAL
from ...tools.ratings.rankings import Ranking
from ...tools.ratings.table import Floats
from ...tools.tables import Row, Table, kind_of
from .board import boards
from .files import opened, place
from .formats import format_of
from .options import Options
from .reading import Wanted, load
from .values import number_of

MODELS = ("model", "name", "generator", "")
SCORES = ("rating", "score", "win_rate", "length_controlled_winrate", "elo")
ENDS = (("low", "high"), ("rating_q025", "rating_q975"), ("lower", "upper"))
ERRORS = ("standard_error", "std_error", "stderr", "error")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")


def read_ranking(
    path: str, options: Options, wanted: Wanted, column: str | None
) -> tuple[Ranking, tuple[str, ...]]:
    """Return a ranking, and in words which rows or columns of its table could not be read.

    Raises:
        UserError: It is no ranking, or names a model twice.
    """
    file = Path(path)
    if file.is_file() and kind_of(file) is not None:
        with opened(file) as table:
            if "model_a" not in table.head and format_of(table.head) is None:
                rows = [row for row in table.rows() if isinstance(row, Row)]
                if (found := _scored(table, rows, column)) is not None:
                    return found
    whole, _ = boards(load([path], wanted), options)
    drawn = whole.intervals.draws if len(whole.intervals.draws) else None
    return Ranking(
        whole.fit.models, whole.fit.ratings, whole.intervals.low, whole.intervals.high, drawn
    ), ()


def _scored(
    table: Table, rows: Sequence[Row], column: str | None
) -> tuple[Ranking, tuple[str, ...]] | None:
    """Return a table of scores as a ranking; None where it is none."""
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    model, value = _named(names, MODELS), column or _named(names, SCORES)
    if model is None or value is None:
        return None
    if value not in names:
        raise UserError(f"{table.path}: no column {value!r}; its columns are: {', '.join(names)}")
    told: dict[str, Row] = {}
    lost: list[str] = []
    for row in rows:
        name = str(row.values.get(model) or "").strip()
        if not name or score_of(row.values.get(value)) is None:
            where, held = place(table, row.number), row.values.get(value)
            lost.append(f"{where}{value} of {name or 'no model'} is {held!r}, no number: left out")
        elif name in told:
            first = told[name].values[value]
            raise UserError(
                f"{place(table, row.number)}{name!r} stands here a second time, with {value} "
                f"{row.values[value]!r} after {first!r}: leave one of the two"
            )
        else:
            told[name] = row
    score = _column(told.values(), value)
    low, high, unread = _ends(told.values(), names, value, score)
    lost += [f"{table.path}: {end} is no number in some rows: intervals left out" for end in unread]
    return Ranking(tuple(told), score, low, high), tuple(lost)


def score_of(value: Any) -> float | None:
    """Return a score, also with separated thousands or as a percentage; None for anything else."""
    if isinstance(value, str):
        value = value.strip().removesuffix("%").strip()
        value = value.replace(",", "") if THOUSANDS.fullmatch(value) else value
    return number_of(value)


def _named(names: Iterable[str], known: Sequence[str]) -> str | None:
    """Return the first of known columns that there is, in whatever case."""
    there = {name.strip().lower(): name for name in names}
    return next((there[name] for name in known if name in there), None)


def _column(rows: Iterable[Row], name: str) -> Floats:
    values = [score_of(row.values.get(name)) for row in rows]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _ends(
    rows: Iterable[Row], names: list[str], value: str, score: Floats
) -> tuple[Floats | None, Floats | None, list[str]]:
    """Return the ends of the intervals where all rows have them, and the columns that are not read."""
    pairs = ([_named(names, [end]) for end in pair] for pair in ENDS)
    ends = next((pair for pair in pairs if all(pair)), None)
    ends = ends or [_named(names, _errors(value))]
    found = [(name, _column(rows, name)) for name in ends if name]
    if not found:
        return None, None, []
    if unread := [name for name, values in found if np.isnan(values).any()]:
        return None, None, unread
    if len(found) == 2:
        return found[0][1], found[1][1], []
    half = NORMAL * found[0][1]
    return score - half, score + half, []


def _errors(value: str) -> tuple[str, ...]:
    """Return the columns that may tell a score's error; AlpacaEval has one of each win rate."""
    return ("lc_standard_error",) if value.startswith("length_controlled") else ERRORS
