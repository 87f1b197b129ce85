"""The picture as one HTML file: drawn here, nothing to load, light or dark as the reader's screen."""

from html import escape

from .plot import Picture, met_counts
from .svg import Label, matrix_svg, ratings_svg

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --quiet: #595959; --paper: #ffffff;
  --line: #dcdcd8; --win: #1a6bb0; --loss: #b85c00; --mark: #1a6bb0; }
@media (prefers-color-scheme: dark) { :root { --ink: #eeeeea; --quiet: #b3b3ad; --paper: #16181b;
  --line: #3a3d42; --win: #2a78bd; --loss: #b0601a; --mark: #5aa5e6; } }
body { margin: 2rem auto; padding: 0 1rem; max-width: 78rem; background: var(--paper);
  color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
p, li { color: var(--quiet); margin: .2rem 0; } figure { margin: 0; overflow-x: auto; }
svg { display: block; font: 13px system-ui, sans-serif; } svg text { fill: var(--ink); }
svg .quiet { fill: var(--quiet); } svg .grid { stroke: var(--line); }
svg .bar { stroke: var(--mark); stroke-width: 2; } svg .dot { fill: var(--mark); }
svg .win { fill: var(--win); } svg .loss { fill: var(--loss); }
svg .even { fill: none; stroke: var(--line); } svg .on { fill: #ffffff; }
svg .small { font-size: 10px; } svg g.cell:hover rect { stroke: var(--ink); stroke-width: 2; }
table { border-collapse: collapse; } th, td { padding: .15rem .8rem .15rem 0; text-align: right; }
th:nth-child(2), td:nth-child(2) { text-align: left; }
thead th { border-bottom: 1px solid var(--line); }
"""


def page(shown: Picture) -> str:
    """Return the whole file."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(shown.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(shown.title)}</h1>\n<p>{escape(shown.subtitle)}</p>",
            "<h2>Ratings with 95 % intervals</h2>",
            f"<figure>{ratings_svg(shown, _ratings_label(shown))}</figure>",
            "<h2>Wins of row over column</h2>",
            f"<p>Ties count half; {met_counts(shown)}. Blue: the row wins more; orange: the column. "
            "Point at a cell for its numbers.</p>",
            f"<figure>{matrix_svg(shown, _matrix_label(shown))}</figure>",
            f"<h2>Notes</h2>\n<ul>{_notes(shown)}</ul>",
            f"<h2>Table</h2>\n{_table(shown)}\n</body>\n</html>\n",
        ]
    )


def _ratings_label(shown: Picture) -> Label:
    best = f"{shown.models[0]} is first with {shown.ratings[0]:.0f}"
    return Label(
        "ratings", "Ratings with 95 % intervals", f"{best}; all numbers are in the table below."
    )


def _matrix_label(shown: Picture) -> Label:
    told = f"Share of wins of each model over each other; {met_counts(shown)}."
    return Label("matrix", "Pairwise win rates", told)


def _notes(shown: Picture) -> str:
    return "".join(f"<li>{escape(note)}</li>" for note in shown.notes)


def _table(shown: Picture) -> str:
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
