"""The four panes of a trace, and the list of traces."""

from collections.abc import Sequence
from itertools import pairwise

from ..moment import Moment
from ..trace import Glance, Step, Trace
from . import bits
from .markup import Safe, h, join

_W, _H, _GAP = 176, 30, 14
NEAR = 60
"""Lines of the log before and after the step that is looked at: all of them would take a second."""


def listed(run: str, found: Sequence[Glance]) -> Safe:
    """Return a page of traces."""
    if not found:
        return bits.nothing(
            "No traces match", "Take a filter away, or wait if the run is still on its way."
        )
    return bits.listing(
        "Traces",
        found,
        {
            "Trace": lambda one: bits.link(f"#{one.id}", bits.run_link(run, "trace", one.id)),
            "Graph": lambda one: one.graph,
            "About": lambda one: _about(run, one),
            "#Round": lambda one: one.round or "",
            "Outcome": _came,
            "#Events": lambda one: one.events,
            "#Calls": lambda one: one.calls,
            "#Failed": lambda one: one.failed or "",
            "#Time": lambda one: bits.clock(one.seconds) if one.outcome else "",
        },
    )


def _about(run: str, one: Glance) -> Safe:
    """Return what a trace is about: in words that lead to its record, which the hover names."""
    if not one.record:
        return Safe("")
    said = h("span", one.about, class_="clip", dir="auto") if one.about else None
    where = bits.run_link(run, "row", one.record)
    return bits.link(said or bits.shortened(one.record), where, title=one.record)


def _came(one: Glance) -> Safe:
    """Return what came of a trace."""
    if one.outcome in ("", "ok"):
        return bits.chip("done" if one.outcome else "under way")
    return bits.chip("failed", one.outcome)


def graph(trace: Trace, step: Step) -> Safe:
    """Return nodes and actors in one picture, with those at work lit."""
    here = f"{step.graph}/{step.node}"
    places = [*trace.places] or [trace.graph]
    actors = list(dict.fromkeys(actor for _, actor in trace.talk))
    y = {name: 8 + i * (_H + _GAP) for i, name in enumerate(places)}
    v = {name: 8 + i * (_H + _GAP) for i, name in enumerate(actors)}
    wires = [
        h("path", d=f"M{_W / 2} {y[a] + _H} V{y[b]}", class_="wire") for a, b in pairwise(places)
    ]
    for place, actor in trace.talk:
        on = place == here and actor == step.actor
        a, b = y[place] + _H / 2, v[actor] + _H / 2
        path = f"M{_W + 6} {a} C{_W + 70} {a} {_W + 50} {b} {_W + 120} {b}"
        wires.append(h("path", d=path, class_="wire on" if on else "wire"))
    boxes = [_box(6, y[name], name, name == here) for name in places]
    boxes += [_box(_W + 120, v[name], name, name == step.actor) for name in actors]
    high = max(len(places), len(actors), 1) * (_H + _GAP) + 8
    return h(
        "svg",
        wires,
        boxes,
        viewBox=f"0 0 {2 * _W + 132} {high}",
        width="100%",
        style=f"max-width:{2 * _W + 132}px",
        role="img",
        aria_label="Nodes on the left, actors on the right",
    )


def _box(x: float, y: float, name: str, on: bool) -> Safe:
    shown = name if len(name) < 25 else name[:23] + "…"
    return join(
        h("rect", x=x, y=y, width=_W, height=_H, rx=6, class_="box on" if on else "box"),
        h("text", shown, h("title", name), x=x + _W / 2, y=y + _H / 2 + 4, text_anchor="middle"),
    )


def log(trace: Trace, number: int) -> Safe:
    """Return the messages around a step, one a line."""
    first, last = max(0, number - NEAR), min(len(trace.steps), number + NEAR + 1)
    lines = []
    if first:
        lines.append(h("div", f"… {first:,} before", class_="soft"))
    lines += [_line(step, step.number == number) for step in trace.steps[first:last]]
    if last < len(trace.steps):
        lines.append(h("div", f"… {len(trace.steps) - last:,} after", class_="soft"))
    return h("div", lines, class_="log")


def _line(step: Step, on: bool) -> Safe:
    tone = " bad" if step.failed else " doubt" if step.disagrees else ""
    mark = "✕ " if step.failed else "≠ " if step.disagrees else ""
    took = bits.clock(step.seconds) if step.seconds else ""
    return h(
        "button",
        h("span", step.number, class_="no"),
        h("span", mark, step.headline),
        h("span", took, class_="soft"),
        class_=f"line{' on' if on else ''}{tone}",
        data_step=step.number,
        type="button",
        tabindex="-1",
        aria_current="step" if on else None,
    )


def moment(run: str, found: Moment) -> Safe:
    """Return what was asked and answered at a step, against the prompt before it, and what was made."""
    exchange, step = found.exchange, found.step
    parts: list[object] = [h("p", h("b", step.headline), " ", h("code", step.id, class_="soft"))]
    if error := step.data.get("error"):
        parts.append(h("p", str(error), class_="warn"))
    if exchange is not None:
        parts.append(
            h(
                "p",
                bits.words(
                    exchange.model,
                    exchange.prompt,
                    f"{exchange.tokens_in:,} + {exchange.tokens_out:,} tokens",
                    f"{bits.usd(exchange.usd)} USD",
                ),
                class_="soft",
            )
        )
        if exchange.error:
            parts.append(h("p", exchange.error, class_="warn"))
        parts += [h("h3", "came back"), bits.text(exchange.reply or "Nothing that can be used.")]
        if found.changes:
            parts.append(
                h(
                    "details",
                    h("summary", "prompt, against the one before it in this role"),
                    bits.differing(found.changes),
                    open=True,
                )
            )
        turns = [h("div", h("h3", turn.role), bits.text(turn.text)) for turn in exchange.turns]
        parts.append(h("details", h("summary", "the whole prompt"), turns, open=not found.changes))
    held = [
        h(
            "li",
            bits.link(bits.shortened(one.id), bits.run_link(run, "row", one.id)),
            " ",
            bits.chip("new") if one.new else None,
            " ",
            h("span", one.text[:120], class_="soft"),
        )
        for one in found.state
    ]
    parts += [
        h("h3", "made or handled by now"),
        h("ul", held) if held else h("p", "Nothing yet.", class_="soft"),
    ]
    return h("div", parts)


def cost(trace: Trace, step: Step) -> Safe:
    """Return time and spending up to a step."""
    steps = trace.steps
    start, end = steps[0].at, max(steps[-1].at, steps[0].at + 1e-6)
    x = 600 * (step.at - start) / (end - start)
    most = max(steps[-1].read, 1)
    every = max(1, len(steps) // 400)
    dots = [
        f"{600 * (s.at - start) / (end - start):.1f} {90 - 80 * s.read / most:.1f}"
        for s in (*steps[::every], steps[-1])
    ]
    path = "M0 90 L" + " L".join(dots) + " V90 Z"
    troubles = [
        h(
            "circle",
            cx=f"{600 * (s.at - start) / (end - start):.1f}",
            cy=95,
            r=3,
            style=f"fill:var(--{'bad' if s.failed else 'odd'})",
        )
        for s in steps
        if s.failed or s.disagrees
    ][:200]
    picture = h(
        "svg",
        h("path", d=path, class_="meter"),
        troubles,
        h("line", x1=x, x2=x, y1=0, y2=100, class_="cursor"),
        viewBox="-4 0 608 102",
        width="100%",
        height=110,
        preserveAspectRatio="none",
        role="img",
        aria_label="Tokens over time",
    )
    figures = bits.tiles(
        ("since the start", bits.clock(step.at - start)),
        ("tokens", f"{step.read:,}"),
        ("USD", bits.usd(step.spent)),
        ("this step", bits.clock(step.seconds) if step.seconds else "–"),
    )
    return join(figures, picture)
