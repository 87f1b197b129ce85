"""Pictures of a leaderboard: ratings with intervals, and who beat whom how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...agents.errors import UserError
from ...tools.ratings.table import Floats, Ints
from .board import Board

LONGEST = 48
"""Letters of a name that are drawn."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What is drawn, best model first."""

    models: tuple[str, ...]
    ratings: Floats
    low: Floats
    high: Floats
    shares: Floats
    """Share of the wins of row over column, ties half; NaN where they never met."""
    counts: Ints
    title: str
    subtitle: str
    notes: tuple[str, ...]


def check_plot(path: Path) -> None:
    """Refuse a picture that could not be drawn, before anything is computed.

    Raises:
        UserError: The name ends otherwise than in .png or .html, or a library is missing.
    """
    if path.suffix.lower() not in (".png", ".html"):
        raise UserError(f"--plot {path}: the name must end in .png or .html")
    if not path.parent.is_dir():
        raise UserError(f"--plot {path}: there is no folder {path.parent}")
    if path.suffix.lower() == ".png":
        try:
            import matplotlib  # noqa: F401
        except ImportError as error:
            raise UserError(
                f'--plot {path}: needs matplotlib: pip install "arenainstruct[arena]"; '
                "a name that ends in .html needs nothing"
            ) from error


def draw(path: Path, board: Board, notes: Sequence[str]) -> None:
    """Write the picture as PNG or as one HTML file, as its name ends."""
    shown = picture(board, notes)
    try:
        if path.suffix.lower() == ".html":
            from .page import page

            path.write_text(page(shown), encoding="utf-8")
        else:
            from .png import save

            save(shown, path)
    except OSError as error:
        raise UserError(f"--plot {path}: cannot be written: {error.strerror or error}") from error


def picture(board: Board, notes: Sequence[str]) -> Picture:
    """Put what is drawn in the order of the ratings."""
    fit = board.fit
    order = [fit.models.index(row.model) for row in board.rows]
    square = np.ix_(order, order)
    wins, met = fit.wins[square], (fit.wins + fit.wins.T)[square]
    shares = np.divide(wins, met, out=np.full_like(wins, np.nan), where=met > 0)
    return Picture(
        models=tuple(brief(fit.models[i]) for i in order),
        ratings=fit.ratings[order],
        low=board.intervals.low[order],
        high=board.intervals.high[order],
        shares=shares,
        counts=board.counts[square],
        title=f"Leaderboard of {len(order)} models",
        subtitle=f"{board.battles:,} battles on {board.questions:,} questions"
        + (", which gives no intervals" if board.unknown else ""),
        notes=tuple(notes),
    )


def brief(name: str) -> str:
    """Return a name that fits beside a row: both ends of a long one."""
    if len(name) <= LONGEST:
        return name
    half = LONGEST // 2
    return f"{name[:half]}…{name[-half:]}"


def met_counts(shown: Picture) -> str:
    """Tell in words how many battles the pairs that met had."""
    met = shown.counts[np.triu_indices(len(shown.models), 1)]
    met = met[met > 0]
    if not len(met):
        return "no pair met"
    if met.min() == met.max():
        return f"{met.min():,} battles a pair"
    return f"{met.min():,} to {met.max():,} battles a pair"


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Return round numbers that span a range of ratings."""
    span = max(high - low, 1.0)
    raw = span / about
    unit = 10.0 ** np.floor(np.log10(raw))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= raw)
    first = np.floor(low / step) * step
    count = int(np.ceil((high - first) / step)) + 1
    return [float(first + step * i) for i in range(count)]
