"""What a reader must know beside the ratings, in sentences."""

from collections.abc import Iterator

from .board import Board
from .options import Options
from .reading import Loaded

FAIR = 0.02
"""Lead of the place shown first that its models explain, beyond which a reader must be told."""
SHOWN = 6
"""Names listed of a long group."""


def notes(board: Board, loaded: Loaded, options: Options) -> list[str]:
    """Return the notes on the whole board."""
    return [
        *_left_out(loaded),
        *_ratings(board, options),
        *_control(board, options),
        *_position(board),
        *_agreement(board),
    ]


def _left_out(loaded: Loaded) -> Iterator[str]:
    if loaded.dropped:
        told = ", ".join(f"{count} {kind}" for kind, count in loaded.dropped.items())
        yield f"Dropped {sum(loaded.dropped.values())} rows: {told}."
    if loaded.disputed:
        yield f"Left out {loaded.disputed} battles that the jury disputed: they rate nobody."
    if loaded.graded:
        yield (
            f"Graded preferences are taken from the column verdict (1 for model_a to 2 for model_b) "
            f"of {', '.join(loaded.graded)}."
        )


def _ratings(board: Board, options: Options) -> Iterator[str]:
    fit, intervals = board.fit, board.intervals
    held = f"{fit.anchor[0]} is held at {fit.anchor[1]:g}" if fit.anchor else "their mean is 1000"
    yield f"Ratings are Bradley-Terry strengths on the Elo scale; {held}."
    if intervals.method == "bootstrap":
        yield f"Intervals are 95 %, from {options.rounds} resamples of the questions (seed {options.seed})."
    else:
        yield "Intervals are 95 %, from the sandwich covariance that is robust by question."
    against = board.baseline or "all others, on average"
    chosen = "" if options.baseline or not board.baseline else " (it is in every battle)"
    yield f"Win rates are predicted against {against}{chosen}."
    yield f"Separability {board.separability:.3f}: pairs of models whose intervals do not overlap."
    if fit.regularised:
        yield from _disconnected(board)
    elif intervals.regularised_rounds:
        yield (
            f"In {intervals.regularised_rounds} of {options.rounds} resamples some model won or lost "
            "everything: a small ridge held it there, so its interval is open to that side."
        )
    found = board.triples
    if found.decided:
        share = found.cyclic / found.decided
        yield f"Circles (a beats b beats c beats a): {found.cyclic} of {found.decided} triples ({share:.1%})."


def _disconnected(board: Board) -> Iterator[str]:
    fit = board.fit
    if len(fit.islands) > 1:
        yield (
            f"The battles fall into {len(fit.islands)} islands of models that never met: "
            f"{_groups(fit.islands)}. Compare ratings within an island only."
        )
    yield (
        f"The battles leave ratings open: {len(fit.components)} groups of models have no chain of wins "
        f"both ways ({_groups(fit.components)}). A small ridge holds the ratings finite."
    )


def _groups(groups: tuple[tuple[str, ...], ...]) -> str:
    told = [
        ", ".join(group[:SHOWN]) + (f" and {len(group) - SHOWN} more" if len(group) > SHOWN else "")
        for group in groups[:SHOWN]
    ]
    rest = [f"{len(groups) - SHOWN} more groups"] if len(groups) > SHOWN else []
    return " | ".join([*told, *rest])


def _control(board: Board, options: Options) -> Iterator[str]:
    if board.control is None:
        return
    told = ", ".join(f"{name} {value:+.3f}" for name, value in board.control.coefficients.items())
    yield (
        f"Ratings hold {options.control} equal. Log-odds won per standard deviation of the relative "
        f"difference: {told}."
    )


def _position(board: Board) -> Iterator[str]:
    shares, decided = board.position, board.position.first_of_decided
    part = f"; of the decided battles the first takes {decided:.1%}" if decided is not None else ""
    yield (
        f"Position: shown first wins {shares.first:.1%}, second {shares.second:.1%}, "
        f"ties {shares.ties:.1%}{part}."
    )
    if abs(board.expected_first - 0.5) > FAIR:
        yield (
            f"By the ratings alone the model shown first would take {board.expected_first:.1%} (ties "
            "half): the shares mix position with who was shown first."
        )


def _agreement(board: Board) -> Iterator[str]:
    found = board.agreement
    if len(found.judges) < 2:
        return
    if not found.items:
        yield f"{len(found.judges)} judges have no battle in common: agreement is not known."
        return
    yield (
        f"Agreement of {len(found.judges)} judges on {found.items} battles: kappa {_told(found.kappa)}, "
        f"Krippendorff's alpha {_told(found.alpha)}; they are worth {_told(found.effective_votes)} "
        "independent votes."
    )


def _told(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
