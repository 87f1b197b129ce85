"""A leaderboard for the terminal."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from math import exp

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from .board import Board
from .notes import UNNAMED, VAGUE
from .votes import MOST_JUDGES

WIDE = 110
"""Columns where the output is no terminal."""


def show(whole: Board, parts: Mapping[str, Board], notes: Sequence[str], *, by: str | None) -> None:
    """Print the board, its notes and the boards of `--by`."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    console = Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)
    console.print(_table(whole, f"{whole.battles:,} battles on {whole.questions:,} questions"))
    if whole.judges:
        console.print(_judges(whole))
    for note in notes:
        console.print(f"· {note}", soft_wrap=not sys.stdout.isatty())
    for name, part in parts.items():
        title = f"{by} = {name or '(empty)'}: {part.battles:,} battles"
        console.print()
        console.print(_table(part, ", ".join([title, *_remarks(part)])))


def _remarks(part: Board) -> Iterator[str]:
    """Yield what a reader must know of one part."""
    if part.fit.regularised:
        yield "ratings held by a ridge"
    if part.few:
        yield f"too few questions to tell models apart ({part.evidence})"
    for name in (n for n, own in (part.control.own if part.control else {}).items() if own < VAGUE):
        yield f"{name} hardly told from the models"


def _judges(board: Board) -> Table:
    title = "Judges, those with most battles first"
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    names = (
        "judge",
        "battles",
        "discrimination",
        "95 % interval",
        "ties when even",
        "first when even",
    )
    for name in names:
        table.add_column(name, justify="left" if name == "judge" else "right", overflow="fold")
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


def _table(board: Board, title: str) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for name in ("", "model", "rating", "95 % interval", "win rate", "battles"):
        right = name not in ("", "model")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    if board.length_controlled:
        table.add_column("length-controlled", justify="right")
    for place, row in enumerate(board.rows, start=1):
        interval = "unknown" if board.unknown else f"{row.low:.0f} … {row.high:.0f}"
        cells = [str(place), row.model, f"{row.rating:.0f}", interval]
        cells += [f"{row.win_rate:.1%}", f"{row.battles:,}"]
        if board.length_controlled:
            found = board.length_controlled.get(row.model)
            cells.append(f"{found.win_rate:.1%}" if found else "")
        table.add_row(*cells)
    return table
