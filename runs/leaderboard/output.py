"""A leaderboard as JSON, and for the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from math import exp
from typing import Any

from rich.table import Table

from ...tools.ratings.position import Position
from ...tools.ratings.standings import Standing
from ..screen.terminal import Page, sheet
from .board import Board, controlled_rate
from .doubts import Doubt, many
from .notes import UNNAMED, VAGUE
from .options import Options
from .reading import Loaded
from .verdicts import MOST_JUDGES


def data(
    whole: Board, parts: Mapping[str, Board], loaded: Loaded, options: Options
) -> dict[str, Any]:
    """Return what `--json` prints, without the notes."""
    return {
        **board_data(whole, options),
        "files": list(loaded.files),
        "dropped": {"rows": sum(loaded.dropped.values()), "by_reason": loaded.dropped},
        "settled": loaded.battles.settled,
        "cascade": loaded.cascade,
        "broken": loaded.broken,
        "both_bad": loaded.both_bad,
        "strong": loaded.strong,
        "reinterpreted": {"rows": sum(loaded.reread.values()), "by_rule": loaded.reread},
        "unjudged": loaded.unjudged,
        "passed_over": loaded.passed_over,
        "published": loaded.published,
        "assumed_baselines": list(loaded.assumed),
        "given_twice": loaded.twice,
        "answers": [asdict(told) for told in loaded.canned],
        "canned": [told.model for told in loaded.canned if told.reasons],
        "by": {name: board_data(part, options) for name, part in parts.items()},
    }


def board_data(board: Board, options: Options) -> dict[str, Any]:
    """Return one board: the models first, then what holds for all of them."""
    fit = board.fit
    return {
        "models": [_model(board, row, options) for row in board.rows],
        "target": _target(board, options.target),
        "battles": board.battles,
        "questions": board.questions,
        "effective_questions": board.exposure.effective,
        "opponents": dict(
            zip(board.exposure.models, board.exposure.opponents.tolist(), strict=True)
        ),
        "shown_first": dict(zip(board.exposure.models, board.exposure.first.tolist(), strict=True)),
        "baseline": board.baseline,
        "anchor": {"model": fit.anchor[0], "rating": fit.anchor[1]} if fit.anchor else None,
        "aggregate": options.aggregate,
        "intervals": _intervals(board, options),
        "win_rates": {model: asdict(rate) for model, rate in board.win_rates.items()},
        "separability": board.separability,
        "position": {
            **position_data(board.position),
            "expected_first": board.expected_first,
            "by_verdict": position_data(board.counted),
            "balanced": board.exposure.balanced,
            "pairs_in_both_orders": board.flips.both,
            "inconsistent_pairs": board.flips.inconsistent,
            "inconsistent_weight": board.flipped,
        },
        "judges": [asdict(judge) for judge in board.judges],
        "agreement": _agreement(board),
        "triples": asdict(board.triples),
        "regularised": fit.regularised,
        "open": sorted(board.open),
        "components": [list(group) for group in fit.components],
        "islands": [list(group) for group in fit.islands],
        "control": _control(board, options),
    }


def position_data(found: Position) -> dict[str, Any]:
    """Return who won by the place shown."""
    return {**asdict(found), "first_of_decided": found.first_of_decided}


def _model(board: Board, row: Standing, options: Options) -> dict[str, Any]:
    """Return a row with its record; where length is controlled for, its win rate leads."""
    found = board.record.of(row.model)
    led: dict[str, Any] = {"model": row.model}
    if board.length_controlled:
        led["length_controlled"] = controlled_rate(board.length_controlled, row.model)
    ends = {"low": None, "high": None} if row.model in board.no_interval else {}
    lost = found.loss_rate(options.ties)
    return {**led, **asdict(row), **ends, **found._asdict(), "loss_rate": lost}


def _target(board: Board, model: str | None) -> dict[str, Any] | None:
    """Return whom a model fares worst and best with."""
    if model is None:
        return None
    met = [
        {"opponent": name, **found._asdict()} for name, found in board.record.against(model).items()
    ]
    return {"model": model, "worst": met[0], "best": met[-1], "opponents": met} if met else None


def _intervals(board: Board, options: Options) -> dict[str, Any]:
    drawn = board.intervals.method == "bootstrap"
    return {
        "method": board.intervals.method,
        "level": 0.95,
        "rounds": options.rounds if drawn else None,
        "seed": options.seed if drawn else None,
        "regularised_rounds": board.intervals.regularised_rounds,
        "too_few_questions": board.few,
    }


def _agreement(board: Board) -> dict[str, Any]:
    told = asdict(board.agreement)
    pairs = [{"judges": pair, "kappa": kappa} for pair, kappa in told.pop("kappas").items()]
    return {**told, "pairs": pairs}


def _control(board: Board, options: Options) -> dict[str, Any] | None:
    if board.control is None:
        return None
    return {
        "kind": options.control,
        "coefficients": board.control.coefficients,
        "own_variation": board.control.own,
        "length_controlled": {
            model: asdict(rate) for model, rate in board.length_controlled.items()
        },
    }


def show(
    whole: Board,
    parts: Mapping[str, Board],
    doubts: Sequence[Doubt],
    notes: Sequence[str],
    *,
    by: str | None,
    options: Options,
) -> None:
    """Print the warnings, the board, its notes and the boards of `--by`."""
    console = Page()
    console.lines(*(f"Warning: {doubt.words}" for doubt in doubts))
    console.print(
        _table(
            whole,
            options,
            f"{many(whole.battles, options.rows)} on {many(whole.questions, 'questions')}",
        )
    )
    if whole.judges:
        console.print(_judges(whole, options.rows))
    console.lines(*(f"· {line}" for line in (*_opponents(whole, options.target), *notes)))
    for name, part in parts.items():
        title = f"{by} = {name or '(empty)'}: {part.battles:,} {options.rows}"
        console.print()
        console.print(_table(part, options, ", ".join([title, *_remarks(part)])))
        console.lines(*(f"· {line}" for line in _opponents(part, options.target)))


def _opponents(board: Board, model: str | None) -> Iterator[str]:
    """Yield whom the target fares worst and best with."""
    if (found := _target(board, model)) is not None:
        told = [
            f"{how} with {one['opponent']} ({one['wins']} won, {one['ties']} tied, {one['losses']} lost)"
            for how, one in (("worst", found["worst"]), ("best", found["best"]))
        ]
        yield f"{model} fares {' and '.join(told)}."


def _remarks(part: Board) -> Iterator[str]:
    """Yield what a reader must know of one part."""
    if part.fit.regularised:
        yield "ratings held by a ridge"
    if part.few:
        yield f"too few questions to tell models apart ({part.evidence})"
    for name in (n for n, own in (part.control.own if part.control else {}).items() if own < VAGUE):
        yield f"{name} hardly told from the models"


def _judges(board: Board, counted: str) -> Table:
    title = f"Judges, those with most {counted} first"
    told = ("discrimination", "95 % interval", "ties when even", "first when even")
    table = sheet(title, "judge", counted, *told, left=("judge",))
    for row in sorted(board.judges, key=lambda row: -row.battles)[:MOST_JUDGES]:
        bias = row.position_bias
        table.add_row(
            row.judge or UNNAMED,
            f"{row.battles:,}",
            f"{row.discrimination:.2f}",
            f"{row.low.discrimination:.2f} … {row.high.discrimination:.2f}",
            f"{exp(row.tie_bias) / (2.0 + exp(row.tie_bias)):.1%}",
            "unknown" if bias is None else f"{1.0 / (1.0 + exp(-bias)):.1%}",
        )
    return table


def _table(board: Board, options: Options, title: str) -> Table:
    led = ("length-controlled",) if board.length_controlled else ()
    told = ("rating", "95 % interval", "win rate", "± error", "won · tied · lost", "loss rate")
    table = sheet(title, "", "model", *led, *told, options.rows, left=("", "model"))
    for place, row in enumerate(board.rows, start=1):
        interval = "open" if row.model in board.open else f"{row.low:.0f} … {row.high:.0f}"
        interval = "unknown" if row.model in board.no_interval else interval
        cells = [str(place), row.model]
        if board.length_controlled:
            cells.append(f"{controlled_rate(board.length_controlled, row.model):.1%}")
        found, spread = board.record.of(row.model), board.win_rates.get(row.model)
        spread = None if row.model in board.open | board.no_interval else spread
        error = spread and (spread.closed_form_error or spread.standard_error)
        lost = found.loss_rate(options.ties)
        cells += [f"{row.rating:.0f}", interval, f"{row.win_rate:.1%}"]
        cells += ["" if error is None else f"{error:.1%}", " · ".join(f"{n:,}" for n in found)]
        cells += ["" if lost is None else f"{lost:.1%}", f"{row.battles:,}"]
        table.add_row(*cells)
    return table
