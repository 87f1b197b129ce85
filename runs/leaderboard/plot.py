"""Pictures of a leaderboard: PNG or SVG, or one HTML page with nothing to load, light or dark."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...agents.errors import UserError
from ..disk import write_whole
from .board import Board

if TYPE_CHECKING:
    from .figure import Picture

ENDINGS = (".html", ".svg", ".png")
STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --quiet: #595959; --paper: #ffffff;
  --line: #dcdcd8; }
@media (prefers-color-scheme: dark) { :root { --ink: #eeeeea; --quiet: #b3b3ad; --paper: #16181b;
  --line: #3a3d42; } }
body { margin: 2rem auto; padding: 0 1rem; max-width: 78rem; background: var(--paper);
  color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
p, li { color: var(--quiet); margin: .2rem 0; } figure { margin: 0; overflow-x: auto; }
svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; } th, td { padding: .15rem .8rem .15rem 0; text-align: right; }
th:nth-child(2), td:nth-child(2) { text-align: left; }
thead th { border-bottom: 1px solid var(--line); }
"""


def check_plots(paths: Sequence[Path]) -> None:
    """Refuse pictures that could not be drawn, before anything is computed.

    Raises:
        UserError: A name ends otherwise, has no folder, or is given twice; or matplotlib is missing.
    """
    for path in paths:
        if path.suffix.lower() not in ENDINGS:
            raise UserError(f"--plot {path}: the name must end in .png or .html, or in .svg")
        if not path.parent.is_dir():
            raise UserError(f"--plot {path}: there is no folder {path.parent}")
        if paths.count(path) > 1:
            raise UserError(f"--plot {path}: is given twice; give each picture a name of its own")
    if paths:
        try:
            import matplotlib  # noqa: F401
        except ImportError as error:
            raise UserError(
                f'--plot {paths[0]}: needs matplotlib: pip install "arenainstruct[arena]"'
            ) from error


def draw(path: Path, board: Board, notes: Sequence[str]) -> None:
    """Write the picture as its name ends."""
    from .figure import picture, save

    shown = picture(board, notes)
    try:
        if path.suffix.lower() == ".html":
            write_whole(path, page(shown))
        else:
            save(shown, path)
    except OSError as error:
        raise UserError(f"--plot {path}: cannot be written: {error.strerror or error}") from error


def page(shown: "Picture") -> str:
    """Return the HTML page."""
    from .figure import matrix_svg, met_counts, ratings_svg

    best = f"{shown.models[0]} is first with {shown.ratings[0]:.0f}"
    ratings_told = f"Ratings with 95 % intervals; {best}; all numbers are in the table below."
    matrix_told = f"Share of wins of each model over each other; {met_counts(shown)}."
    notes = "".join(f"<li>{escape(note)}</li>" for note in shown.notes)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(shown.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(shown.title)}</h1>\n<p>{escape(shown.subtitle)}</p>",
            "<h2>Ratings with 95 % intervals</h2>",
            f"<figure>{_labelled(ratings_svg(shown), ratings_told)}</figure>",
            "<h2>Wins of row over column</h2>",
            f"<p>Ties count half; {met_counts(shown)}. Blue: the row wins more; orange: the column.</p>",
            f"<figure>{_labelled(matrix_svg(shown), matrix_told)}</figure>",
            f"<details><summary>All pairs</summary>{_pairs(shown)}</details>",
            f"<h2>Notes</h2>\n<ul>{notes}</ul>",
            f"<h2>Table</h2>\n{_table(shown)}\n</body>\n</html>\n",
        ]
    )


def _labelled(svg: str, told: str) -> str:
    """Return a drawing with what a screen reader says of it."""
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(told)}"', 1)


def _pairs(shown: "Picture") -> str:
    met = [(row, column) for row, column in np.argwhere(shown.counts > 0) if row < column]
    rows = (
        f"<tr><td></td><td>{escape(shown.models[row])} over {escape(shown.models[column])}</td>"
        f"<td>{shown.shares[row, column]:.1%}</td><td>{shown.counts[row, column]:,} battles</td></tr>"
        for row, column in met
    )
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _table(shown: "Picture") -> str:
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("", "model", "rating", "low", "high")
    )
    rows = zip(shown.models, shown.ratings, shown.low, shown.high, strict=True)
    body = "".join(
        f"<tr><td>{place}</td><td>{escape(model)}</td><td>{rating:.0f}</td><td>{low:.0f}</td>"
        f"<td>{high:.0f}</td></tr>"
        for place, (model, rating, low, high) in enumerate(rows, start=1)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
