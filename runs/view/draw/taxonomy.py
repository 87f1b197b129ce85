"""The taxonomy over the rounds: a heat map, and every change with its rule and numbers."""

from collections.abc import Callable, Sequence

from ....taxonomy.policy import PolicyChange
from ..policy import Cell, Growth
from . import bits
from .markup import Safe, h

MOST = 200
"""Changes of the policy that are shown."""
MEASURES: dict[str, str] = {
    "loss": "Loss rate of the target",
    "written": "Instructions written",
    "weight": "Weight",
    "complexity": "Complexity asked for",
    "rejected": "Share rejected",
}


def heat(run: str, growth: Growth, measure: str) -> Safe:
    """Return the leaves by round, coloured by one measure."""
    if not growth.cells:
        return bits.nothing(
            "Nothing written yet", "The map fills when the first instructions are there."
        )
    rounds = sorted({cell.round for cell in growth.cells})
    cells = {(cell.skill, cell.leaf, cell.round): cell for cell in growth.cells}
    leaves = {(skill, leaf) for skill, leaf, _ in cells}
    known = leaves | {(skill, leaf) for skill, names in growth.skills.items() for leaf in names}
    most = max(cell.written for cell in growth.cells)
    head = h(
        "tr", h("th", "Leaf", scope="col"), [h("th", f"round {n}", scope="col") for n in rounds]
    )
    lines, last = [], ""
    for skill, leaf in sorted(known):
        if skill != last:
            title = h("b", skill.replace("_", " "))
            lines.append(h("tr", h("td", title, colspan=len(rounds) + 1)))
            last = skill
        name = bits.link(leaf.replace("_", " "), bits.run_link(run, "leaf", skill, leaf))
        drawn = [_cell(cells.get((skill, leaf, n)), measure, most) for n in rounds]
        lines.append(h("tr", h("td", name), drawn))
    return bits.grid(head, lines, label=MEASURES[measure], kind="heat")


def _cell(cell: Cell | None, measure: str, most: int) -> Safe:
    if cell is None:
        return h("td", "·", class_="soft", title="nothing was written")
    shown, strength, tone = _SHOWN[measure](cell, most)
    title = (
        f"{cell.leaf}, round {cell.round}: {cell.written} written, {cell.rejected} rejected, {cell.won} won, "
        f"{cell.even} even, {cell.lost} lost, {cell.broken} broken; weight {cell.weight:g}, "
        f"complexity {cell.complexity:g}"
    )
    colour = f"background:color-mix(in srgb, var(--{tone}) {round(45 * strength)}%, transparent)"
    return h("td", shown, style=colour, title=title)


_SHOWN: dict[str, Callable[[Cell, int], tuple[str, float, str]]] = {
    "loss": lambda c, most: (bits.share(c.loss), c.loss or 0.0, "b"),
    "written": lambda c, most: (str(c.written), c.written / most, "a"),
    "weight": lambda c, most: (
        f"{c.weight:.2f}",
        min(1.0, abs(c.weight - 1)),
        "a" if c.weight >= 1 else "b",
    ),
    "complexity": lambda c, most: (f"{c.complexity:g}", (c.complexity - 1) / 4, "odd"),
    "rejected": lambda c, most: (bits.share(c.rejected / c.written), c.rejected / c.written, "odd"),
}


def rounds(growth: Growth) -> Safe:
    """Return what became of a leaf's instructions round by round, under which weight and complexity."""
    return bits.listing(
        "By round",
        growth.cells,
        {
            "#Round": lambda c: c.round,
            "#Written": lambda c: c.written,
            "#Rejected": lambda c: c.rejected,
            "#Lost by the target": lambda c: c.lost,
            "#Even": lambda c: c.even,
            "#Won": lambda c: c.won,
            "#Broken": lambda c: c.broken,
            "#Loss rate": lambda c: bits.share(c.loss),
            "#Weight": lambda c: f"{c.weight:g}",
            "#Complexity": lambda c: f"{c.complexity:g}",
        },
    )


def _way(by: float) -> str:
    return "▲" if by > 0 else "▼" if by else ""


def changes(found: Sequence[PolicyChange]) -> Safe:
    """Return changes of the policy, each with the rule and the numbers that made it."""
    if not found:
        return bits.nothing(
            "Nothing changed yet", "The feedback writes here after each round's battles."
        )
    return bits.listing(
        "Policy changes",
        found[:MOST],
        {
            "#Round": lambda change: change.round,
            "Leaf": lambda change: f"{change.skill}/{change.leaf}".replace("_", " "),
            "What": lambda change: change.field,
            "#From": lambda change: f"{change.old:g}",
            "#To": lambda change: f"{_way(change.new - change.old)} {change.new:g}",
            "Rule and numbers": lambda change: change.reason,
        },
    )


_GREY = "#7d8896"


def sunburst(growth: Growth) -> dict[str, object]:
    """Return the taxonomy as a sunburst for ECharts: size is what was written, colour what was lost."""
    sums: dict[tuple[str, str], list[int]] = {}
    for cell in growth.cells:
        of = sums.setdefault((cell.skill, cell.leaf), [0, 0, 0])
        of[0] += cell.written
        of[1] += cell.lost
        of[2] += cell.lost + cell.won + cell.even
    skills: dict[str, list[dict[str, object]]] = {}
    for (skill, leaf), (written, lost, decided) in sums.items():
        node = {
            "name": leaf.replace("_", " "),
            "value": written,
            "itemStyle": {"color": _colour(lost / decided) if decided else _GREY},
        }
        skills.setdefault(skill, []).append(node)
    data = [
        {"name": skill.replace("_", " "), "children": leaves, "itemStyle": {"color": _GREY}}
        for skill, leaves in skills.items()
    ]
    label = {"fontSize": 11, "overflow": "truncate", "width": 86, "minAngle": 7}
    series = {
        "type": "sunburst",
        "data": data,
        "radius": ["12%", "98%"],
        "label": label,
        "sort": None,
        "itemStyle": {"borderWidth": 1},
        "emphasis": {"focus": "ancestor"},
        "levels": [
            {},
            {"r0": "12%", "r": "42%", "label": {"rotate": "radial", "width": 70, "fontSize": 10}},
            {"r0": "42%", "r": "98%"},
        ],
    }
    return {"series": [series], "tooltip": {"trigger": "item"}, "aria": {"enabled": True}}


def _colour(loss: float) -> str:
    """Return a colour between blue (nothing lost) and orange (all lost), told apart by everybody."""
    low, high = (86, 160, 211), (230, 126, 34)
    return "#" + "".join(f"{round(a + (b - a) * loss):02x}" for a, b in zip(low, high, strict=True))
