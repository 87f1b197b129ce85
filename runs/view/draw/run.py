"""One run: its figures, its graphs with what happens in them, its models, its money and time."""

from ...control.control import Live
from ..catalog import RunCard
from ..picture import RING, Box, Picture, box_of
from ..spending import Spending
from . import bits
from .markup import Safe, h, join

_W, _H, _GAP = 128, 54, 26
_PLACES = {
    **{name: (i, 0) for i, name in enumerate(("plan", "generate", "curate", "battle", "select"))},
    **{"second_look": (5, 0), "taxonomy": (6, 0), "complexity": (7, 0)},
    **{name: (7 - i, 2) for i, name in enumerate(("feed_back", "train", "evaluate", "gate"))},
}
_OF_ROUNDS = ("round", "training rows")
"""Figures that an arena has none of."""
_WIRES = (
    *(("plan", "generate"), ("generate", "curate"), ("curate", "battle"), ("battle", "select")),
    *(("feed_back", "train"), ("train", "evaluate"), ("evaluate", "gate")),
)


def figures(card: RunCard, totals: dict[str, int]) -> Safe:
    """Return the run's figures."""
    live = card.live
    left = "–" if live is None or live.left_s is None else bits.clock(live.left_s)
    ceiling = f" / {live.ceiling:g}" if live and live.ceiling is not None else ""
    drafts = totals.get("draft", 0)
    made = totals.get("sft", 0) + totals.get("preference", 0)
    shown: list[tuple[str, object]] = [
        ("status", bits.chip(card.status, card.reason)),
        ("round", f"{card.round} of {card.rounds}" if card.rounds else "–"),
        ("prompts" if card.arena else "instructions written", bits.short(drafts)),
        ("battles", bits.short(totals.get("battle", 0))),
        ("training rows", bits.short(made)),
        ("rejects", bits.short(totals.get("reject", 0))),
        ("calls", bits.short(card.calls)),
        (f"USD{' of ceiling' if ceiling else ''}", bits.usd(card.usd) + ceiling),
    ]
    if live is not None:
        units = live.reached.get("units", "")
        stage = live.reached.get("stage", "reading")
        done = f"{live.reached.get('done', 0)}/{live.reached.get('of', 0)}"
        shown += [(f"{stage}: {units}", done), (f"{left} left in this stage", bits.pace(live.rate))]
    if card.arena:
        shown = [one for one in shown if one[0] not in _OF_ROUNDS]
    if live is not None or card.status == "completed" or card.arena:
        return bits.tiles(*shown)
    how = f"{card.reason}. " if card.reason else "It ended without a word of its own. "
    move = h("code", f"arenainstruct resume {card.run_id}")
    said = [how, move, " takes it up; what was paid is not paid again."]
    return join(bits.tiles(*shown), h("p", said, class_="note", role="status"))


def ring(picture: Picture, active: str = "", *, live: bool = False) -> Safe:
    """Return the supervisor as a picture: a box a node, with how often it ran and what is under way.

    Where nobody is at work, not `live`, what had begun was broken off.
    """
    boxes = {box.name: box for box in picture.ring}
    wide, high = 8 * (_W + _GAP), 3 * _H + 20
    wires = [_wire(a, b, active == b) for a, b in _WIRES]
    below = _H * 1.5 + 6
    left, right = _middle("select")[0], _middle("complexity")[0]
    wires.append(h("path", d=f"M{left} {_H + 4} V{below} H{right} V{2 * _H + 8}", class_="wire"))
    for name in ("second_look", "taxonomy", "complexity"):
        wires.append(h("path", d=f"M{_middle(name)[0]} {_H + 4} V{below}", class_="wire"))
    gate, plan = _middle("gate"), _middle("plan")
    wires.append(h("path", d=f"M{gate[0] - _W / 2} {gate[1]} H{plan[0]} V{_H + 4}", class_="wire"))
    drawn = [_box(boxes[name], active == name, live) for name in _PLACES]
    told = (
        f"{name.replace('_', ' ')}: {_state(boxes[name], active == name, live)[1]}" for name in RING
    )
    made = h(
        "svg",
        wires,
        drawn,
        viewBox=f"0 0 {wide} {high}",
        role="img",
        width="100%",
        class_="drawn",
        aria_label=f"The supervisor's graph. {'; '.join(told)}",
    )
    return h("div", made, class_="scroll")


def _middle(name: str) -> tuple[float, float]:
    column, row = _PLACES[name]
    return column * (_W + _GAP) + _W / 2 + 4, row * (_H + 4) + _H / 2 + 4


def _wire(a: str, b: str, on: bool) -> Safe:
    (x, y), (u, v) = _middle(a), _middle(b)
    way = 1 if u > x else -1
    return h(
        "path",
        d=f"M{x + way * _W / 2} {y} L{u - way * _W / 2} {v}",
        class_="wire on" if on else "wire",
    )


def _state(box: Box, active: bool, live: bool) -> tuple[str, str]:
    """Return how a box is: in one word of the style's, and in a reader's words."""
    if active or (live and box.under_way):
        return "on", "under way"
    if box.failed or box.under_way:
        return "bad", "broken off"
    count = f"{box.done}×, {bits.clock(box.seconds)}" if box.begun else "not yet"
    return "done" if box.done else "", count


def _box(box: Box, active: bool, live: bool) -> Safe:
    x, y = _middle(box.name)
    state, said = _state(box, active, live)
    return join(
        h("rect", x=x - _W / 2, y=y - _H / 2, width=_W, height=_H, rx=8, class_=f"box {state}"),
        h(
            "text",
            box.name.replace("_", " "),
            x=x,
            y=y - 5,
            text_anchor="middle",
            font_weight="600",
        ),
        h("text", said, x=x, y=y + 14, text_anchor="middle", class_="soft"),
    )


def subgraphs(picture: Picture) -> Safe:
    """Return the nodes of the subgraphs with their counts."""
    boxes = sorted(picture.inside.items(), key=lambda of: RING.index(box_of(of[0])))
    nodes = [(graph, node) for graph, within in boxes for node in within]
    if not nodes:
        return bits.nothing("Nothing yet", "The first record has not reached a subgraph.")
    return bits.listing(
        "Nodes of the subgraphs",
        nodes,
        {
            "Box": lambda of: box_of(of[0]),
            "Node": lambda of: f"{of[0]}/{of[1].name}",
            "#Entered": lambda of: bits.short(of[1].begun),
            "#Under way": lambda of: bits.short(of[1].under_way),
            "#Failed": lambda of: bits.short(of[1].failed),
            "#Calls": lambda of: bits.short(of[1].calls),
            "#Time in all": lambda of: bits.clock(of[1].seconds),
        },
    )


def models(live: Live | None) -> Safe:
    """Return each model's calls at this moment; nothing where nobody is at work."""
    if live is None:
        return Safe("")
    held_back = bits.chip("held back")
    table = bits.listing(
        "Models",
        live.models.items(),
        {
            "Model": lambda of: [bits.name(of[0]), " ", held_back if of[1].held_back else None],
            "#In flight": lambda of: of[1].in_flight,
            "#At most": lambda of: of[1].limit,
            "#Waiting": lambda of: of[1].waiting,
            "#Paid": lambda of: bits.short(of[1].paid),
            "#Served": lambda of: bits.short(of[1].served),
            "#Failed": lambda of: of[1].failed,
            "#Failed attempts": lambda of: of[1].attempts_failed,
        },
    )
    return bits.panel("Models at this moment", table)


def by_model(found: Spending) -> Safe:
    """Return what each model did in each role, and how long it took."""
    if not found.models:
        return bits.nothing("Nothing was asked yet", "Models show here with their first answers.")
    slowest = max((one.mean_s for one in found.models), default=0.0)
    mark = bits.chip("slowest", "its calls take the longest on average")
    return bits.listing(
        "By model and role",
        found.models,
        {
            "Model": lambda one: bits.name(one.alias),
            "Role": lambda one: one.role,
            "#Calls": lambda one: bits.short(one.calls),
            "#Failed attempts": lambda one: bits.short(one.failed) if one.failed else "",
            "#Tokens in": lambda one: bits.short(one.tokens_in),
            "#Tokens out": lambda one: bits.short(one.tokens_out),
            "#USD": lambda one: bits.usd(one.usd),
            "#Mean time": lambda one: bits.clock(one.mean_s) if one.seconds else "–",
            "#Longest": lambda one: bits.clock(one.slowest) if one.seconds else "–",
            "#Time in all": lambda one: bits.clock(one.seconds) if one.seconds else "–",
            "": lambda one: mark if slowest and one.mean_s == slowest else "",
        },
    )


def by_skill(found: Spending) -> Safe:
    """Return what each skill cost."""
    return bits.listing(
        "By skill",
        found.skills,
        {
            "Skill": lambda one: one.skill.replace("_", " ") or "before any skill",
            "#Instructions written": lambda one: f"{one.instructions:,}",
            "#Training rows": lambda one: f"{one.trains:,}",
            "#Calls": lambda one: bits.short(one.calls),
            "#Tokens": lambda one: bits.short(one.tokens),
            "#USD": lambda one: bits.usd(one.usd),
            "#USD a training row": lambda one: (
                bits.usd(one.usd / one.trains) if one.trains else "–"
            ),
        },
    )
