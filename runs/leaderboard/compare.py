"""`arenainstruct compare`: how well boards rank, beside a published ranking or another board."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options import JsonOption
from ..terminal import say
from .command import ErrorChoice

if TYPE_CHECKING:
    from ...tools.ratings.rankings import Comparison, Ranking
    from .options import Options
    from .reading import Wanted

MODELS = ("model", "name", "generator", "")
SCORES = ("rating", "score", "win_rate", "length_controlled_winrate", "elo")
ENDS = (("low", "high"), ("rating_q025", "rating_q975"), ("lower", "upper"))
ERRORS = ("standard_error", "std_error", "stderr", "error")


def compare(
    boards: Annotated[
        list[str],
        typer.Argument(
            metavar="BOARD...",
            help="Battles as `leaderboard` reads them, its --json output, or a table with model and score.",
        ),
    ],
    reference: Annotated[
        str, typer.Option(metavar="RANKING", help="What they are compared with: the same kinds.")
    ],
    column: Annotated[
        str | None, typer.Option(help="The reference's score, where its table has several.")
    ] = None,
    judge: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this judge's verdicts. Repeatable."),
    ] = None,
    on_error: Annotated[
        ErrorChoice, typer.Option(help="A faulty row of battles stops, or is dropped.")
    ] = ErrorChoice.stop,
    rounds: Annotated[int, typer.Option(min=20, help="Bootstrap rounds.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Tell separability, agreement, correlations and Brier score of boards against a ranking."""
    import orjson

    from ...agents.errors import UserError
    from ...tools.ratings.rankings import compare as measure
    from .asked import Asked
    from .options import Options
    from .reading import Wanted

    options = Options(rounds=rounds, seed=seed)
    wanted = Wanted(drop=on_error is ErrorChoice.drop, asked=Asked.of(judge, None), every=False)
    there = read_ranking(reference, options, wanted, column)
    found: dict[str, Comparison] = {}
    for path in boards:
        try:
            found[path] = measure(read_ranking(path, options, wanted, None), there, seed=seed)
        except ValueError as error:
            raise UserError(f"{path} and {reference}: {error}") from error
    if as_json:
        told = [{"board": path, **asdict(one)} for path, one in found.items()]
        say(orjson.dumps({"reference": reference, "boards": told}).decode())
        return
    for path, one in found.items():
        _show(path, reference, one)


def _show(path: str, reference: str, found: "Comparison") -> None:
    say(f"{path} beside {reference}: {len(found.models)} models in both")
    for name, value in (
        ("separability with confidence", found.separability),
        ("  of the reference", found.reference_separability),
        ("agreement with confidence", found.agreement),
        ("  over all pairs", found.agreement_of_all),
        ("order of pairs, strict", found.order),
        ("order of pairs, lenient", found.lenient),
        ("Spearman", found.spearman),
        ("Kendall tau-b", found.kendall),
        ("Brier score of the order", found.brier),
    ):
        say(f"  {name:<30} {_figure(value)}")


def _figure(value: Any) -> str:
    if value is None or isinstance(value, float):
        return "unknown" if value is None else f"{value:7.3f}"
    if value.value is None:
        return "unknown"
    ends = "" if value.low is None else f"   (95 % {value.low:.3f} to {value.high:.3f})"
    return f"{value.value:7.3f}{ends}"


def read_ranking(path: str, options: "Options", wanted: "Wanted", column: str | None) -> "Ranking":
    """Return a ranking: battles rated, a board's JSON, or a table of models and scores.

    Raises:
        UserError: It is none of these.
    """
    from ...tools.ratings.rankings import Ranking
    from ...tools.tables import Row, kind_of
    from .board import boards
    from .files import opened
    from .formats import format_of
    from .reading import load

    file = Path(path)
    if file.is_file() and kind_of(file) is not None:
        with opened(file) as table:
            if "model_a" not in table.head and format_of(table.head) is None:
                rows = [row.values for row in table.rows() if isinstance(row, Row)]
                if (found := _scored(path, rows, column)) is not None:
                    return found

    whole, _ = boards(load([path], wanted), options)
    drawn = whole.intervals.draws if len(whole.intervals.draws) else None
    return Ranking(
        whole.fit.models, whole.fit.ratings, whole.intervals.low, whole.intervals.high, drawn
    )


def _scored(path: str, rows: list[dict[str, Any]], column: str | None) -> "Ranking | None":
    """Return a table of scores as a ranking; None where it is none."""
    import numpy as np

    from ...agents.errors import UserError
    from ...tools.ratings.intervals import NORMAL
    from ...tools.ratings.rankings import Ranking
    from .values import number_of

    names = list(dict.fromkeys(name for row in rows for name in row))
    model = next((name for name in MODELS if name in names), None)
    value = column or next((name for name in SCORES if name in names), None)
    if model is None or value is None:
        return None
    if value not in names:
        raise UserError(f"{path}: no column {value!r}; its columns are: {', '.join(names)}")
    told = {str(row[model]): row for row in rows if number_of(row.get(value)) is not None}

    def column_of(name: str) -> Any:
        return np.array([number_of(row.get(name)) or 0.0 for row in told.values()])

    score, low, high = column_of(value), None, None
    ends = next((pair for pair in ENDS if set(pair) <= set(names)), None)
    error = next((name for name in _errors(value) if name in names), None)
    if ends is not None:
        low, high = map(column_of, ends)
    elif error is not None:
        half = NORMAL * column_of(error)
        low, high = score - half, score + half
    return Ranking(tuple(told), score, low, high)


def _errors(value: str) -> tuple[str, ...]:
    """Return the columns that may tell a score's error; AlpacaEval has one of each win rate."""
    return ("lc_standard_error",) if value.startswith("length_controlled") else ERRORS
