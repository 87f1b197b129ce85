"""`arenainstruct compare`: how well boards rank, beside a published ranking or another board."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import JsonOption, JudgeOption, OnError
from ..screen.terminal import say

if TYPE_CHECKING:
    from ...tools.ratings.rankings import Comparison, Measure


FEW = 10
"""Models below which a rank correlation hangs on single pairs."""


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
    judge: JudgeOption = None,
    on_error: Annotated[
        OnError, typer.Option(help="A faulty row of battles stops, or is dropped.")
    ] = "stop",
    rounds: Annotated[int, typer.Option(min=20, help="Bootstrap rounds.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Tell separability, agreement, correlations and Brier score of boards against a ranking."""
    import orjson

    from ...agents.errors import UserError
    from ...tools.ratings.rankings import compare as measure
    from .asked import Asked, Met
    from .options import Options
    from .ranked import read_ranking
    from .reading import Wanted

    options = Options(rounds=rounds, seed=seed)
    met = Met(Asked.of(judge, None))
    wanted = Wanted(drop=on_error == "drop", asked=met.asked, met=met)
    there, lost = read_ranking(reference, options, wanted, column)
    found: dict[str, Comparison] = {}
    for path in boards:
        here, unread = read_ranking(path, options, wanted, None)
        lost = tuple(dict.fromkeys((*lost, *unread)))
        try:
            found[path] = measure(here, there, seed=seed)
        except ValueError as error:
            told = "".join(f"\n{line}" for line in lost)
            raise UserError(f"{path} and {reference}: {error}{told}") from error
    if met.judges:
        met.check(", ".join((*boards, reference)))
    few = [_few(path, len(one.models)) for path, one in found.items() if len(one.models) < FEW]
    if as_json:
        compared = [{"board": path, **asdict(one)} for path, one in found.items()]
        told_too = {"unread": lost, "warnings": few}
        say(orjson.dumps({"reference": reference, "boards": compared, **told_too}).decode())
        return
    for line in (*few, *lost):
        say(f"Warning: {line}")
    for path, one in found.items():
        _show(path, reference, one)


def _few(path: str, models: int) -> str:
    """Return what a comparison of few models cannot bear."""
    from .doubts import many

    swap = 12 / (models * (models**2 - 1))
    both = f"{path}: {many(models, 'models')} in both say little"
    return f"{both}: one swap of neighbours moves Spearman by {swap:.2f}"


def _show(path: str, reference: str, found: "Comparison") -> None:
    from ...tools.ratings.rankings import Measure
    from .doubts import listed, many

    say(f"{path} beside {reference}: {many(len(found.models), 'models')} in both")
    for where, names in (("the board", found.here), ("the reference", found.there)):
        if names:
            say(f"  in {where} alone, so left out: {listed(list(names))}")
    if found.reference_separability is None:
        say("  the reference has no intervals: each of its differences counts as sure")
    for name, value in (
        ("separability with confidence", found.separability),
        ("  of the reference", Measure(found.reference_separability)),
        ("agreement with confidence", found.agreement),
        ("  over all pairs", found.agreement_of_all),
        ("order of pairs, strict", found.order),
        ("order of pairs, lenient", found.lenient),
        ("Spearman", found.spearman),
        ("Kendall tau-b", found.kendall),
        ("Brier score of the order", found.brier),
    ):
        say(f"  {name:<30} {_figure(value)}")


def _figure(value: "Measure") -> str:
    if value.value is None:
        return "unknown"
    ends = "" if value.low is None else f"   (95 % {value.low:.3f} to {value.high:.3f})"
    return f"{value.value:7.3f}{ends}"
