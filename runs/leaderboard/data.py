"""A leaderboard as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .board import Board
from .options import Options
from .reading import Loaded


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
        "by": {name: board_data(part, options) for name, part in parts.items()},
    }


def board_data(board: Board, options: Options) -> dict[str, Any]:
    """Return one board: the models first, then what holds for all of them."""
    fit = board.fit
    no_interval = {"low": None, "high": None} if board.unknown else {}
    return {
        "models": [asdict(row) | no_interval for row in board.rows],
        "battles": board.battles,
        "questions": board.questions,
        "baseline": board.baseline,
        "anchor": {"model": fit.anchor[0], "rating": fit.anchor[1]} if fit.anchor else None,
        "aggregate": options.aggregate,
        "intervals": _intervals(board, options),
        "win_rates": {model: asdict(rate) for model, rate in board.win_rates.items()},
        "separability": board.separability,
        "position": {
            **asdict(board.position),
            "first_of_decided": board.position.first_of_decided,
            "expected_first": board.expected_first,
            "balanced": board.balanced,
            "pairs_in_both_orders": board.flips.both,
            "inconsistent_pairs": board.flips.inconsistent,
            "inconsistent_weight": board.flipped,
        },
        "judges": [asdict(judge) for judge in board.judges],
        "agreement": _agreement(board),
        "triples": asdict(board.triples),
        "regularised": fit.regularised,
        "components": [list(group) for group in fit.components],
        "islands": [list(group) for group in fit.islands],
        "control": _control(board, options),
    }


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
    found = board.agreement
    return {
        "judges": list(found.judges),
        "items": found.items,
        "share": found.share,
        "kappa": found.kappa,
        "alpha": found.alpha,
        "effective_votes": found.effective_votes,
        "pairs": [{"judges": list(pair), "kappa": kappa} for pair, kappa in found.kappas.items()],
    }


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
