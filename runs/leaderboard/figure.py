"""The drawings, by matplotlib: ratings with their intervals, and the matrix of wins."""

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ...tools.ratings.table import Floats, Ints
from .board import Board
from .doubts import many

LOSS, EVEN, WIN = "#b85c00", "#f6f6f4", "#1a6bb0"
"""Orange to blue: told apart with every kind of colour blindness."""
COUNTS_UP_TO, SHARES_UP_TO = 12, 24
"""Most models for which a cell holds the number of battles, and the share at all."""
DEEP = 0.37
"""Lead from which a cell is so deep that white is read better than ink."""
INK, QUIET, GRID = "#1c1c1c", "#5f5f5f", "#e3e3e0"
OF_PAGE = {INK: "var(--ink)", QUIET: "var(--quiet)", GRID: "var(--line)", "xlink:href": "href"}
"""What a page puts in the place of colours, so that it is read on a dark screen too."""
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


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


def save(shown: Picture, path: Path) -> None:
    """Draw both and write them as one picture, PNG or SVG as the name ends."""
    width, rows, side = _sizes(shown)
    figure = Figure(
        figsize=(width, rows + side + 1.4), dpi=150, layout="constrained", facecolor="white"
    )
    ratings, matrix = figure.subplots(2, 1, height_ratios=[rows, side])
    _ratings(ratings, shown)
    _matrix(matrix, shown)
    figure.suptitle(f"{shown.title}: {shown.subtitle}", fontsize=12, color=INK)
    _write(figure, path, path.suffix.lower()[1:])


def ratings_svg(shown: Picture) -> str:
    """Return the ratings as SVG to stand in a page."""
    width, rows, _ = _sizes(shown)
    return _svg(_ratings, shown, (width, rows + 0.7))


def matrix_svg(shown: Picture) -> str:
    """Return the matrix of wins as SVG to stand in a page."""
    width, _, side = _sizes(shown)
    return _svg(_matrix, shown, (width, side + 0.7))


def _sizes(shown: Picture) -> tuple[float, float, float]:
    """Return the width, the height of the ratings and that of the matrix, in inches."""
    count, many = len(shown.models), len(shown.models) > SHARES_UP_TO
    names = (0.065 if many else 0.095) * max(len(model) for model in shown.models)
    side = max(3.0, count * (0.22 if many else 0.62))
    return max(7.0, side + names + 1.6), 0.5 + count * (0.2 if many else 0.36), side + names


def _svg(draw: Callable[[Any, Picture], None], shown: Picture, size: tuple[float, float]) -> str:
    figure = Figure(figsize=size, layout="constrained", facecolor="none")
    draw(figure.subplots(), shown)
    written = io.BytesIO()
    # Letters stay letters, which a reader can search for.
    with rc_context({"svg.fonttype": "none"}):
        _write(figure, written, "svg", draw.__name__)
    text = written.getvalue().decode()
    text = text[text.index("<svg") :].replace(' xmlns="http://www.w3.org/2000/svg"', "")
    text = text.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    for name, value in OF_PAGE.items():
        text = text.replace(name, value)
    return text


def _write(figure: Figure, target: Path | io.BytesIO, kind: str, salt: str = "board") -> None:
    """Write a drawing: the same one, the same bytes. The salt tells ids apart that stand in one page."""
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": salt}):
        # The box drawn for such a letter tells it well enough; the page in HTML has them all.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(target, format=kind, metadata=NO_METADATA if kind == "svg" else None)


def _ratings(axes: Any, shown: Picture) -> None:
    place = np.arange(len(shown.models))
    # A styled interval need not hold the point estimate; error bars cannot be negative.
    below = np.maximum(shown.ratings - shown.low, 0.0)
    above = np.maximum(shown.high - shown.ratings, 0.0)
    axes.errorbar(
        shown.ratings, place, xerr=[below, above], fmt="o", color=WIN, ecolor=WIN, markersize=5,
        elinewidth=1.6, capsize=3,
    )  # fmt: skip
    many = len(shown.models) > SHARES_UP_TO
    for at, (rating, high) in enumerate(zip(shown.ratings, shown.high, strict=True)):
        axes.annotate(
            f"{rating:.0f}", (max(rating, high), at), (6, 0), textcoords="offset points",
            va="center", fontsize=7 if many else 9, color=QUIET,
        )  # fmt: skip
    axes.set_yticks(place, shown.models, fontsize=7 if many else 10, parse_math=False)
    axes.set_ylim(len(place) - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.tick_params(axis="x", colors=QUIET)
    axes.set_facecolor("none")
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    _bare(axes)
    axes.set_title("Rating with its 95 % interval, Elo points", fontsize=10, color=INK, loc="left")


def _matrix(axes: Any, shown: Picture) -> None:
    count = len(shown.models)
    colours = LinearSegmentedColormap.from_list("shares", [LOSS, EVEN, WIN])
    image = axes.imshow(shown.shares, cmap=colours, vmin=0.0, vmax=1.0, aspect="equal")
    size = 10 if count <= SHARES_UP_TO else 7
    axes.set_xticks(range(count), shown.models, fontsize=size, rotation=90, parse_math=False)
    axes.set_yticks(range(count), shown.models, fontsize=size, parse_math=False)
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5 if count <= SHARES_UP_TO else 0.5)
    axes.tick_params(which="minor", length=0)
    _bare(axes)
    for row, column in np.argwhere(shown.counts > 0) if count <= SHARES_UP_TO else ():
        _cell(axes, shown, int(row), int(column))
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02, ticks=[0, 0.5, 1])
    bar.ax.set_yticklabels(["0 %", "50 %", "100 %"], fontsize=8)
    bar.outline.set_visible(False)
    told = f"Wins of row over column, ties half; {met_counts(shown)}"
    axes.set_title(told, fontsize=10, color=INK, loc="left")


def _cell(axes: Any, shown: Picture, row: int, column: int) -> None:
    share = shown.shares[row, column]
    if np.isnan(share):
        return
    colour = "white" if abs(share - 0.5) > DEEP else INK
    few = len(shown.models) <= COUNTS_UP_TO
    text = f"{share:.0%}\n{shown.counts[row, column]:,}" if few else f"{100 * share:.0f}"
    axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)


def _bare(axes: Any) -> None:
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelcolor=INK)


LONGEST = 48
"""Letters of a name that are drawn."""


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
        subtitle=f"{many(board.battles, 'battles')} on {many(board.questions, 'questions')}"
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
