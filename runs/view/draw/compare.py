"""Two runs side by side, record by record."""

from ..compare import Change, Comparison
from ..rows import NAMES
from . import bits
from .markup import Safe, h, join


def compared(found: Comparison) -> Safe:
    """Return what differs between two runs."""
    sums = [
        [
            NAMES.get(s.kind, s.kind.replace("_", " ").capitalize()),
            *(f"{n:,}" for n in (s.same, s.changed, s.gone, s.new)),
        ]
        for s in found.sums
    ]
    heads = ("Kind", "#Same", "#Changed", f"#Only in {found.one}", f"#Only in {found.other}")
    costs = [
        [name, f"{c.calls:,}", f"{c.inherited:,}", bits.usd(c.usd)]
        for name, c in zip((found.one, found.other), found.costs, strict=True)
    ]
    paid = bits.table(
        ("Run", "#Calls paid", "#Served from its parent", "#USD"), costs, label="Cost"
    )
    rated = [
        [round, purpose, model, _rating(one), _rating(other)]
        for round, purpose, model, one, other in found.ratings
    ]
    names = ("#Round", "Purpose", "Model", f"#{found.one}", f"#{found.other}")
    return join(
        bits.panel("Rows", bits.table(heads, sums, label="Rows that differ")),
        h(
            "div",
            bits.panel("Cost", paid, h("p", f"{found.verdicts:,} battles have another verdict.")),
            bits.panel("Ratings", bits.table(names, rated, label="Ratings")),
            class_="two",
        ),
        bits.panel("Changes", _changes(found), note="the first of each kind"),
    )


def _changes(found: Comparison) -> Safe:
    if not found.changes:
        text = "Every record that is in both is the same in both, byte for byte."
        return bits.nothing("Nothing changed", text)
    return h("div", [_change(found, change) for change in found.changes])


def _change(found: Comparison, change: Change) -> Safe:
    way = "battle" if change.kind == "battle" else "row"
    links = [bits.link(run, bits.run_link(run, way, change.id)) for run in (found.one, found.other)]
    head = bits.words(h("b", change.kind), bits.shortened(change.id), *links)
    body = bits.differing(change.pieces) if change.pieces else None
    said = (
        h("p", change.before, " → ", change.after) if not change.pieces or way == "battle" else None
    )
    return h("div", head, said, body, class_="juror")


def _rating(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
