"""A ranking from a file: battles that are rated, a board's JSON, or a table of models and scores."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.errors import UserError
from ...tools.ratings.rankings import Ranking
from ...tools.ratings.share import NORMAL
from ...tools.ratings.table import Floats
from ...tools.tables import Row, Table, kind_of, told_columns
from .board import boards
from .files import opened, place
from .formats import format_of
from .options import Options
from .reading import Wanted, load
from .values import number_of

MODELS = ("model", "name", "generator", "")
SCORES = (
    *("rating", "score", "win_rate", "length_controlled_winrate", "elo"),
    *("arena score", "arena_score", "arena elo", "arena_elo"),
)
RANKS = ("rank", "rank (ub)", "rank* (ub)", "place", "position")
"""Columns in which less is better."""
MARGINS = ("95% ci", "ci")
"""Columns that tell how far an interval goes to both sides, as LMArena writes it: +5/-4."""
MARGIN = re.compile(r"\(?\s*+([+-]?\d+(?:\.\d*)?)\s*+[/,]\s*+([+-]?\d+(?:\.\d*)?)\s*+\)?")
ENDS = (("low", "high"), ("rating_q025", "rating_q975"), ("lower", "upper"))
ERRORS = ("standard_error", "std_error", "stderr", "error")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")


def read_ranking(
    path: str, options: Options, wanted: Wanted, column: str | None
) -> tuple[Ranking, tuple[str, ...]]:
    """Return a ranking, and in words how its table was read where that is not plain.

    Raises:
        UserError: It is no ranking, or names a model twice.
    """
    file = Path(path)
    if file.is_file() and kind_of(file) is not None:
        with opened(file) as table:
            if "model_a" not in table.head and format_of(table.head) is None:
                rows = [row for row in table.rows() if isinstance(row, Row)]
                return _scored(table, rows, column)
    whole, _ = boards(load([path], wanted), options)
    drawn = whole.intervals.draws if len(whole.intervals.draws) else None
    return Ranking(
        whole.fit.models, whole.fit.ratings, whole.intervals.low, whole.intervals.high, drawn
    ), ()


def _scored(
    table: Table, rows: Sequence[Row], column: str | None
) -> tuple[Ranking, tuple[str, ...]]:
    """Return a table of scores as a ranking."""
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    model, value = _named(names, MODELS), column or _named(names, SCORES)
    if model is None or value is None:
        raise UserError(
            f"{table.path}: neither battles nor a ranking: a ranking has a column model and one of scores "
            f"({', '.join(SCORES[:5])}, or the one that --column names for a reference); its columns are: "
            f"{told_columns(names)}"
        )
    if value not in names:
        raise UserError(f"{table.path}: no column {value!r}; its columns are: {', '.join(names)}")
    told: dict[str, Row] = {}
    lost = list(_taken(table, names, value, column))
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
    if value.strip().lower() in RANKS:
        return Ranking(tuple(told), -score), tuple(lost)
    low, high, unread = _ends(told.values(), names, value, score)
    lost += [f"{table.path}: {what} in some rows: intervals left out" for what in unread]
    return Ranking(tuple(told), score, low, high), tuple(lost)


def _taken(table: Table, names: Iterable[str], value: str, column: str | None) -> Iterator[str]:
    """Yield which column the scores are from, where there are several, and that a rank is turned."""
    if value.strip().lower() in RANKS:
        yield f"{table.path}: {value} is a rank: the lowest is taken for the best"
    others = [n for n in names if n != value and n.strip().lower() in SCORES]
    if column is None and others and value.strip().lower() != SCORES[0]:
        yield (
            f"{table.path}: scores are taken from {value}, not from {', '.join(others)}; of a reference "
            "--column names another"
        )


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
    """Return the ends of the intervals where all rows have them, and why they are not read."""
    pairs = ([_named(names, [end]) for end in pair] for pair in ENDS)
    ends = next((pair for pair in pairs if all(pair)), None)
    margin = _named(names, MARGINS)
    if ends is None and margin is not None and value.strip().lower() in SCORES:
        return _margins(rows, margin, score)
    ends = ends or [_named(names, _errors(value))]
    found = [(name, _column(rows, name)) for name in ends if name]
    if not found:
        return None, None, []
    if unread := [f"{name} is no number" for name, values in found if np.isnan(values).any()]:
        return None, None, unread
    if len(found) == 1:
        half = NORMAL * found[0][1]
        return score - half, score + half, []
    (lower, low), (upper, high) = found
    if ((low > score) | (high < score)).any():
        return None, None, [f"{value} does not lie between {lower} and {upper}"]
    return low, high, []


def _margins(
    rows: Iterable[Row], name: str, score: Floats
) -> tuple[Floats | None, Floats | None, list[str]]:
    told = [MARGIN.fullmatch(str(row.values.get(name) or "").strip()) for row in rows]
    sides = [sorted(map(float, one.groups())) for one in told if one]
    if not sides or len(sides) < len(told):
        return None, None, [f"{name} is no +5/-4"]
    down, up = np.array(sides, dtype=np.float64).T
    return score + down, score + up, []


def _errors(value: str) -> tuple[str, ...]:
    """Return the columns that may tell a score's error; AlpacaEval has one of each win rate."""
    return ("lc_standard_error",) if value.startswith("length_controlled") else ERRORS
