"""The arena: ratings with intervals by round, the matrix of pairs, the jurors."""

from collections.abc import Sequence
from dataclasses import dataclass

from ....graphs.supervisor.decisions import ModelRating, RoundRatings
from ..arena import Arena, Juror, Pair
from . import bits
from .markup import Safe, h, join

_NAMES, _LETTER, _MOST = 70, 6.7, 28
"""Where the names begin, how wide a letter is, and how many of a name are shown."""
_WIDE, _LINE = 330, 26


def ratings(found: Sequence[RoundRatings], purpose: str) -> Safe:
    """Return ratings by round as points with their intervals."""
    rounds = [one for one in found if one.purpose == purpose]
    lines = [(f"round {one.round}", model) for one in rounds for model in one.models]
    if not lines:
        return bits.nothing("No ratings yet", "They come at the end of the first round.")
    low = min(_low(model) for _, model in lines) - 20
    high = max(_high(model) for _, model in lines) + 20
    longest = min(_MOST, max(len(model.model) for _, model in lines))
    left = _NAMES + max(100, longest * _LETTER)
    scale = Scale(left, low, high)
    drawn, y, last = [], 14, ""
    for round, model in lines:
        if round != last:
            drawn.append(h("text", round, x=0, y=y + 4, class_="soft"))
            last = round
        drawn.append(_line(model, y, scale))
        y += _LINE
    axis = [_tick(value, scale, y) for value in _ticks(low, high)]
    said = "; ".join(f"{round}, {_told(model)}" for round, model in lines)
    notes = [h("p", one.note, class_="soft") for one in rounds if one.note]
    picture = h(
        "svg",
        axis,
        drawn,
        viewBox=f"0 0 {left + _WIDE + 90:.0f} {y + 18}",
        role="img",
        width="100%",
        style="max-width:760px",
        aria_label=f"Ratings for {purpose}. {said}",
    )
    return join(picture, notes)


def _told(model: ModelRating) -> str:
    span = f"{_low(model):.0f} to {_high(model):.0f}" if model.low is not None else "no interval"
    return f"{model.model}: {model.rating:.0f}, {span}, {model.battles} battles"


def _low(model: ModelRating) -> float:
    return model.rating if model.low is None else model.low


def _high(model: ModelRating) -> float:
    return model.rating if model.high is None else model.high


@dataclass(frozen=True)
class Scale:
    """Where ratings stand from left to right."""

    left: float
    low: float
    high: float

    def x(self, value: float) -> float:
        """Return where a rating stands."""
        return self.left + _WIDE * (value - self.low) / (self.high - self.low)


def _line(model: ModelRating, y: float, scale: Scale) -> Safe:
    ends = [scale.x(value) for value in (_low(model), model.rating, _high(model))]
    name = model.model if len(model.model) <= _MOST else f"{model.model[: _MOST - 1]}…"
    return h(
        "g",
        h("title", _told(model)),
        h("text", name, x=_NAMES, y=y + 4),
        h("line", x1=ends[0], x2=ends[2], y1=y, y2=y, class_="span"),
        h("circle", cx=ends[1], cy=y, r=5, class_="dot"),
        h("text", f"{model.rating:.0f}", x=ends[2] + 9, y=y + 4),
    )


def _ticks(low: float, high: float) -> list[int]:
    step = next(s for s in (50, 100, 200, 500, 1000, 5000) if (high - low) / s <= 9 or s == 5000)
    return [value for value in range(int(low) // step * step, int(high) + 1, step) if value >= low]


def _tick(value: int, scale: Scale, y: float) -> Safe:
    x = scale.x(value)
    return join(
        h("line", x1=x, x2=x, y1=2, y2=y - 8, class_="axis"),
        h("text", value, x=x, y=y + 10, text_anchor="middle", class_="soft"),
    )


def matrix(arena: Arena, purpose: str) -> Safe:
    """Return who beat whom: the share of the wins of the model in the line."""
    pairs = arena.pairs.get(purpose, ())
    if not pairs:
        return bits.nothing("No battles yet", "Nobody has met for this purpose.")
    shares: dict[tuple[str, str], tuple[float, Pair]] = {}
    for pair in pairs:
        shares[pair.model_a, pair.model_b] = (pair.share, pair)
        shares[pair.model_b, pair.model_a] = (1 - pair.share, pair)
    names = sorted({name for pair in shares for name in pair})
    head = h(
        "tr", h("th", "wins against"), [h("th", name, scope="col", title=name) for name in names]
    )
    lines = [
        h(
            "tr",
            h("th", one, scope="row", title=one),
            [_met(shares.get((one, other))) for other in names],
        )
        for one in names
    ]
    return bits.grid(head, lines, label="Who beat whom", kind="matrix heat")


def _met(found: tuple[float, Pair] | None) -> Safe:
    if found is None:
        return h("td", "")
    value, pair = found
    title = (
        f"{pair.model_a} won {pair.won}, tied {pair.tied}, lost {pair.lost} against {pair.model_b}"
    )
    return h("td", bits.share(value), style=tint(value), title=title)


def tint(value: float) -> str:
    """Return a cell's colour: from orange over nothing to blue, 0 to 1."""
    strength = round(abs(value - 0.5) * 100)
    side = "var(--a)" if value >= 0.5 else "var(--b)"
    return f"background:color-mix(in srgb, {side} {strength}%, transparent)"


def jurors(run: str, found: Sequence[Juror]) -> Safe:
    """Return how the jurors behaved, with a way to the battles that one stood against.

    Without a `run` there is no way: a file holds a few battles.
    """
    if not found:
        return bits.nothing(
            "No juror was asked yet", "Checkers may have decided every battle so far."
        )
    return bits.listing(
        "Jurors",
        found,
        {
            "Juror": lambda one: bits.name(one.juror),
            "#Games": lambda one: f"{one.games:,}",
            "Changed with the order": lambda one: bits.bar(one.flipped, "odd"),
            "Preferred the first": lambda one: bits.bar(one.first, "b"),
            "Agrees with the jury": lambda one: [bits.bar(one.agrees), " ", _against(run, one)],
            "Agrees with you": lambda one: (
                f"{one.right} of {one.labelled}" if one.labelled else "–"
            ),
        },
    )


def _against(run: str, juror: Juror) -> Safe | None:
    if juror.agrees == 1 or not run:
        return None
    where = bits.run_link(run, "rows", kind="battle", juror=juror.juror)
    return bits.link("where not", where, title=f"battles in which {juror.juror} was against")
