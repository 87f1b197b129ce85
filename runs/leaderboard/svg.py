"""The two drawings as inline SVG; colours come from the page's style, so both schemes work."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from .plot import Picture, ticks

LETTER = 7.3
"""Pixels a letter takes, on the safe side."""
ROW, CHART = 26, 560
COUNTS_UP_TO, SHARES_UP_TO = 12, 24
"""Most models for which a cell holds the number of battles, and the share at all."""


DEEP = 0.37
"""Lead from which a cell is so deep that white is read better than ink."""


@dataclass(frozen=True)
class Label:
    """What a screen reader says of a drawing."""

    id: str
    title: str
    text: str


def _framed(label: Label, width: float, height: float, parts: Iterator[str]) -> str:
    return (
        f'<svg role="img" aria-labelledby="{label.id}-title {label.id}-text" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f'<title id="{label.id}-title">{escape(label.title)}</title>'
        f'<desc id="{label.id}-text">{escape(label.text)}</desc>{"".join(parts)}</svg>'
    )


def _names_width(shown: Picture) -> float:
    return LETTER * max(len(model) for model in shown.models) + 16


def ratings_svg(shown: Picture, label: Label) -> str:
    """Draw a dot and an interval for each model."""
    left, height = _names_width(shown), ROW * len(shown.models)
    marks = ticks(float(min(shown.low.min(), shown.ratings.min())), float(shown.high.max()))
    scale = CHART / (marks[-1] - marks[0])

    def x(rating: float) -> float:
        return left + (rating - marks[0]) * scale

    def parts() -> Iterator[str]:
        for mark in marks:
            yield f'<line class="grid" x1="{x(mark):.1f}" x2="{x(mark):.1f}" y1="0" y2="{height}"/>'
            yield (
                f'<text class="quiet" x="{x(mark):.1f}" y="{height + 18}" text-anchor="middle">'
                f"{mark:.0f}</text>"
            )
        for at in range(len(shown.models)):
            yield from _row(
                shown, at, left, x(shown.ratings[at]), x(shown.low[at]), x(shown.high[at])
            )

    return _framed(label, left + CHART + 70, height + 28, parts())


def _row(shown: Picture, at: int, left: float, *places: float) -> Iterator[str]:
    rating, low, high = places
    y = ROW * (at + 0.5)
    name = escape(shown.models[at])
    told = f"{name}: {shown.ratings[at]:.0f} ({shown.low[at]:.0f} to {shown.high[at]:.0f})"
    yield f"<g><title>{told}</title>"
    yield f'<text x="{left - 10:.0f}" y="{y + 4.5}" text-anchor="end">{name}</text>'
    yield f'<line class="bar" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>'
    for end in (low, high):
        yield f'<line class="bar" x1="{end:.1f}" x2="{end:.1f}" y1="{y - 4}" y2="{y + 4}"/>'
    yield f'<circle class="dot" cx="{rating:.1f}" cy="{y}" r="4.5"/>'
    beside = f'x="{max(rating, high) + 9:.1f}" y="{y + 4.5}"'
    yield f'<text class="quiet" {beside}>{shown.ratings[at]:.0f}</text></g>'


def matrix_svg(shown: Picture, label: Label) -> str:
    """Draw a cell for each pair; the deeper the colour, the clearer the win."""
    count = len(shown.models)
    size = 52 if count <= COUNTS_UP_TO else 34 if count <= SHARES_UP_TO else 16
    left = _names_width(shown)

    def parts() -> Iterator[str]:
        for at, model in enumerate(shown.models):
            middle = size * (at + 0.5) + 4.5
            small = ' class="small"' if count > SHARES_UP_TO else ""
            name = escape(model)
            yield f'<text{small} x="{left - 10:.0f}" y="{left + middle}" text-anchor="end">{name}</text>'
            turned = f'transform="translate({left + middle:.1f} {left - 10:.1f}) rotate(-90)"'
            yield f"<text{small} {turned}>{name}</text>"
        for row, column in np.ndindex(count, count):
            if row != column:
                yield from _cell(shown, (row, column), left, size)

    side = left + size * count + 4
    return _framed(label, side, side, parts())


def _cell(shown: Picture, at: tuple[int, int], left: float, size: int) -> Iterator[str]:
    share, battles = shown.shares[at], int(shown.counts[at])
    x, y = left + size * at[1], left + size * at[0]
    box = f'x="{x + 1:.0f}" y="{y + 1:.0f}" width="{size - 2}" height="{size - 2}"'
    if np.isnan(share):
        # Thousands of empty frames would only be noise.
        if len(shown.models) <= SHARES_UP_TO:
            yield f'<rect class="even" stroke-dasharray="2 3" {box}/>'
        return
    row, column = (escape(shown.models[i]) for i in at)
    deep = min(1.0, 2 * abs(share - 0.5))
    side = "win" if share >= 0.5 else "loss"
    yield f'<g class="cell"><title>{row} wins {share:.1%} of {battles:,} battles against {column}</title>'
    yield f'<rect class="even" {box}/><rect class="{side}" fill-opacity="{deep:.2f}" {box}/>'
    if len(shown.models) <= SHARES_UP_TO:
        yield from _numbers(shown, at, x + size / 2, y + size / 2)
    yield "</g>"


def _numbers(shown: Picture, at: tuple[int, int], x: float, y: float) -> Iterator[str]:
    share = shown.shares[at]
    on = "on" if abs(share - 0.5) > DEEP else ""
    few = len(shown.models) <= COUNTS_UP_TO
    text = f"{share:.0%}" if few else f"{100 * share:.0f}"
    place = f'x="{x:.1f}" y="{y + (0 if few else 4.5):.1f}" text-anchor="middle"'
    yield f'<text class="{on}" {place}>{text}</text>'
    if few:
        told = f"{int(shown.counts[at]):,}"
        kind = f"small {on or 'quiet'}"
        yield f'<text class="{kind}" x="{x:.1f}" y="{y + 15:.1f}" text-anchor="middle">{told}</text>'
