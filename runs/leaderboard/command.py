"""`arenainstruct leaderboard`: rank models by recorded battles."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import (
    Aggregate,
    Control,
    JsonOption,
    JudgeOption,
    Method,
    OnErrorOption,
    Ties,
    WhereOption,
)
from ..screen.terminal import say

if TYPE_CHECKING:
    from .options import Options
    from .reading import Wanted


def leaderboard(
    battles: Annotated[
        list[str],
        typer.Argument(
            help="CSV, JSON, JSONL or Parquet files (also .gz or .zst) with question_id, model_a, model_b "
            "and winner (model_a, model_b, tie, or A>>B to B>>A); judgments as Arena-Hard, AlpacaEval and "
            "MT-Bench write them; votes of LMArena; or run folders."
        ),
    ],
    judge: JudgeOption = None,
    where: WhereOption = None,
    answers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="The answers: model, question_id and output, or their style in numbers. Repeatable.",
        ),
    ] = None,
    ties: Annotated[
        Ties, typer.Option(help="In loss rates, ties are no loss, half of one, or left out.")
    ] = "apart",
    target: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Tell its worst and best opponent, also --by COLUMN."),
    ] = None,
    without_canned: Annotated[
        bool, typer.Option("--without-canned", help="Leave out models whose answers are canned.")
    ] = False,
    strong: Annotated[
        float,
        typer.Option(min=0.0, metavar="WEIGHT", help="What a verdict of A>>B or B>>A counts."),
    ] = 3.0,
    anchor: Annotated[
        str | None, typer.Option(metavar="MODEL=RATING", help="Hold a model at a rating.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Tell win rates against this model.")
    ] = None,
    control: Annotated[
        Control | None,
        typer.Option(help="Hold equal: len_a/len_b, or all numeric pairs NAME_a/NAME_b."),
    ] = None,
    difficulty: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="With --control length: question_id and difficulty, for AlpacaEval's "
            "length-controlled win rates.",
        ),
    ] = None,
    intervals: Annotated[
        Method | None, typer.Option(help="Default: bootstrap by question; sandwich with --control.")
    ] = None,
    aggregate: Annotated[
        Aggregate,
        typer.Option(
            help="How judges' verdicts on one question and pair are joined: each row counts, their "
            "majority or median does, or judges are fitted with the ratings."
        ),
    ] = "games",
    flipped: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="WEIGHT",
            help="What the games of a pair weigh where a judge contradicts itself when the order is "
            "swapped. Default: 1; 0.5 in a majority, and where the games inside a run's battles rate.",
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(help="Bootstrap rounds, 20 or more.")] = 100,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="One more board for each value.")
    ] = None,
    on_error: OnErrorOption = "stop",
    plot: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE.html|svg|png", help="Draw ratings and win rates. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Rank models by recorded battles: ratings with intervals, and how far to trust them."""
    from .asked import Asked
    from .options import Options, parse_anchor
    from .reading import Wanted

    options = Options(
        anchor=parse_anchor(anchor),
        baseline=baseline,
        control=control,
        intervals=intervals,
        rounds=rounds,
        seed=seed,
        difficulty=difficulty,
        aggregate=aggregate,
        flipped=flipped,
        ties=ties,
        target=target,
        without_canned=without_canned,
    )
    wanted = Wanted(
        by=by,
        control=options.control,
        drop=on_error == "drop",
        strength=strong,
        baseline=baseline,
        asked=Asked.of(judge, where),
        answers=tuple(answers or ()),
    )
    _rank(battles, options, wanted, plots=plot or (), as_json=as_json)


def _rank(
    paths: list[str], options: "Options", wanted: "Wanted", *, plots: Sequence[Path], as_json: bool
) -> None:
    from dataclasses import asdict

    import orjson

    from .board import boards
    from .notes import doubts, notes
    from .output import data, show
    from .plot import check_plots, draw
    from .reading import load

    check_plots(plots)
    loaded = load(paths, wanted)
    whole, parts = boards(loaded, options)
    told, warned = notes(whole, loaded, options), doubts(whole, loaded, options)
    for path in plots:
        draw(path, whole, [*(doubt.words for doubt in warned), *told])
    if as_json:
        warnings = [asdict(doubt) for doubt in warned]
        found = {**data(whole, parts, loaded, options), "warnings": warnings, "notes": told}
        say(orjson.dumps(found).decode())
    else:
        show(whole, parts, warned, told, by=wanted.by, options=options)
