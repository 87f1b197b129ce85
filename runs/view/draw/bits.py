"""Small pieces that all pages share: chips, numbers, tables, differences, what to say of nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote, urlencode

from ..diff import Piece
from .markup import Child, Safe, h, join

T = TypeVar("T")
_MARKS = {
    "won": "▲",
    "lost": "▼",
    "tie": "=",
    "even": "=",
    "broken": "✕",
    "rejected": "✕",
    "disputed": "≠",
    "failed": "✕",
}
_TONES = {
    "won": "good",
    "lost": "bad",
    "model_a": "a",
    "model_b": "b",
    "tie": "none",
    "even": "none",
    "broken": "odd",
    "rejected": "odd",
    "disputed": "odd",
    "held_out": "quiet",
    "completed": "good",
    "running": "live",
    "paused": "none",
    "promoted": "good",
    "rolled_back": "bad",
}
_SAID = {
    "model_a": "A wins",
    "model_b": "B wins",
    "held_out": "held out",
    "rolled_back": "rolled back",
}


_LONG = 28
"""A head of more letters may be cut: the whole of it shows on hover."""
SCROLLERS = """
addEventListener('keydown', (e) => { if (e.key !== 'Tab') return;
  for (const box of document.querySelectorAll('.scroll, .text, .stack')) {
    const more = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    more ? box.tabIndex = 0 : box.removeAttribute('tabindex');
  }
}, true);
"""
"""Whoever goes by Tab reaches, and can scroll, what is larger than its place; not what fits."""


def chip(word: str, title: str = "") -> Safe:
    """Return a word in its colour, with a mark: colour never tells it alone."""
    if not word:
        return Safe("")
    tone = _TONES.get(word, "bad" if word.startswith(("stopped", "failed", "interr")) else "quiet")
    mark = _MARKS.get(word, "")
    return h(
        "span",
        f"{mark} {_SAID.get(word, word)}".strip(),
        class_=f"chip {tone}",
        title=title or None,
    )


def usd(value: float) -> str:
    """Return money, with as many digits as it needs."""
    if not value:
        return "0"
    return f"{value:.2f}" if value >= 1 else f"{value:.4f}" if value >= 0.0001 else f"{value:.1e}"


def short(number: float) -> str:
    """Return a number in four or five characters."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            return f"{number / (1e3 if letter == 'k' else size):.1f}{letter}"
    return f"{number:,.0f}"


def share(value: float | None) -> str:
    """Return a share in per cent."""
    return "–" if value is None else f"{100 * value:.0f}\u00a0%"


def clock(seconds: float) -> str:
    """Return a time span."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d} min"


def pace(per_second: float) -> str:
    """Return how many a second, or a minute where that is few."""
    return f"{per_second:.1f}/s" if per_second >= 1 else f"{60 * per_second:.1f}/min"


def table(heads: Sequence[Child], lines: Iterable[Sequence[Child]], *, label: str) -> Safe:
    """Return a table; a head that begins with `#` is one of numbers."""
    texts = [str(head) for head in heads]
    numeric = [text.startswith("#") for text in texts]
    head = h(
        "tr",
        [
            _head(text.lstrip("#"), n) if text else h("td")
            for text, n in zip(texts, numeric, strict=True)
        ],
    )
    body = [
        h(
            "tr",
            [
                h("td", cell, class_="n" if n else None)
                for cell, n in zip(line, numeric, strict=True)
            ],
        )
        for line in lines
    ]
    return grid(head, body, label=label)


def grid(head: Safe, lines: Sequence[Safe], *, label: str, kind: str | None = None) -> Safe:
    """Return a table of rows that are made already, which scrolls where it is wider than the page."""
    made = h("table", h("thead", head), h("tbody", lines), class_=kind, aria_label=label)
    return h("div", made, class_="scroll")


def listing(label: str, found: Iterable[T], columns: Mapping[str, Callable[[T], Child]]) -> Safe:
    """Return a table with a line for each of what was found, its columns under their heads."""
    lines = [[cell(one) for cell in columns.values()] for one in found]
    return table(tuple(columns), lines, label=label)


def _head(text: str, number: bool) -> Safe:
    whole = text if len(text) > _LONG else None
    return h("th", text, scope="col", class_="n" if number else None, title=whole)


def tiles(*figures: tuple[str, Child]) -> Safe:
    """Return figures side by side, each with its name."""
    made = [
        h("div", h("div", value, class_="figure"), h("div", name, class_="what"), class_="tile")
        for name, value in figures
    ]
    return h("div", made, class_="tiles")


def panel(title: str, *children: Child, note: str = "") -> Safe:
    """Return a titled part of a page."""
    head = h("h2", title, h("small", note) if note else None)
    return h("section", head, *children, class_="panel")


def nothing(title: str, *text: Child, whole: bool = False) -> Safe:
    """Return what stands where there is nothing to show, a part of a page or the `whole`, and what to do."""
    name = h("h1" if whole else "strong", title)
    return h("div", name, h("p", *text), class_="nothing", role="status")


def differing(pieces: Iterable[Piece]) -> Safe:
    """Return two texts in one: what came is underlined, what went is struck."""
    tags = {"same": "span", "added": "ins", "removed": "del"}
    told = [h(tags[piece.how], piece.text) for piece in pieces]
    return h("div", told, class_="text diff", dir="auto")


def text(value: str, *, tall: bool = False) -> Safe:
    """Return a text as it was written, every space and line kept."""
    return h("div", value, class_="text tall" if tall else "text", dir="auto")


def bar(value: float, tone: str = "a") -> Safe:
    """Return a share as a bar with its number."""
    width = max(0.0, min(1.0, value)) * 100
    return h(
        "span",
        h("span", h("span", style=f"width:{width:.1f}%", class_=f"fill {tone}"), class_="track"),
        h("span", share(value), class_="said"),
        class_="bar",
    )


_IN_FILE: ContextVar[Mapping[tuple[str, str], str] | None] = ContextVar("in_file", default=None)


@contextmanager
def in_file(leaves: Mapping[tuple[str, str], str] = MappingProxyType({})) -> Iterator[None]:
    """Let links lead to places of the same page: for files that open without a server.

    `leaves` are the files beside it that tell of a skill's leaf; where there is none, nothing leads there.
    """
    before = _IN_FILE.set(leaves)
    try:
        yield
    finally:
        _IN_FILE.reset(before)


def run_link(run: str, *way: object, **query: object) -> str:
    """Return the address of a page of a run, or its place in the same page."""
    if (leaves := _IN_FILE.get()) is not None:
        if way[:1] == ("leaf",):
            return leaves.get((str(way[1]), str(way[2])), "")
        return f"#{quote(str(way[-1]), safe='')}" if way else "#"
    path = "/".join(quote(str(part), safe="") for part in ("run", run, *way))
    asked = urlencode({k: v for k, v in query.items() if v not in ("", None, 0, False)})
    return f"/{path}" + (f"?{asked}" if asked else "")


def link(label: Child, href: str, **attributes: object) -> Safe:
    """Return a link into the viewer's own pages; the label alone where there is none to lead to."""
    return h("a", label, href=href, **attributes) if href else join(label)


def name(text: str) -> Safe:
    """Return a name that somebody gave, a run's or a model's: cut where it is long, whole on hover.

    In a table one long name would push the figures beside it out of sight.
    """
    return h("span", text, class_="model", title=text)


def shortened(id: str) -> Safe:
    """Return an id by its kind and first digits, whole on hover."""
    kind, _, digits = id.rpartition("-")
    return h("code", f"{kind}-{digits[:8]}" if kind else id, title=id)


def words(*parts: Child) -> Safe:
    """Return parts in one line, set apart."""
    kept = [part for part in parts if part not in (None, "")]
    return join([h("span", part, class_="part") for part in kept])
