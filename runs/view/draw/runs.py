"""The list of runs, and two of them side by side."""

from collections.abc import Mapping, Sequence

from ..catalog import RunCard, ago
from ..compare import Change, Comparison
from ..rows import NAMES
from . import bits
from .markup import Safe, h, join


def runs(cards: Sequence[RunCard], where: str) -> Safe:
    """Return the table of all runs."""
    if not cards:
        return bits.nothing(
            "No runs here yet",
            f"There is no run in {where}. Make one, and it appears here while it goes on; no key is needed: ",
            h("code", "arenainstruct run"),
        )
    table = bits.listing(
        "Runs",
        cards,
        {
            "Run": _named,
            "Status": lambda card: bits.chip(card.status, card.reason),
            "Round": lambda card: f"{card.round} of {card.rounds}" if card.rounds else "–",
            "#Instructions": lambda card: _count(card, "instruction"),
            "Kept": lambda card: "–" if card.arena else bits.share(card.kept),
            "#Battles": lambda card: _count(card, "battle"),
            "#Training rows": lambda card: _count(card, "sft", "preference"),
            "#Calls": lambda card: bits.short(card.calls),
            "#USD": lambda card: bits.usd(card.usd),
            "Leads": _leads,
            "Last word": lambda card: h("span", ago(card.changed), class_="soft once"),
        },
    )
    return h("section", table, class_="panel")


def unreadable(found: Mapping[str, str]) -> Safe:
    """Return which runs cannot be shown, and why; nothing where all can."""
    if not found:
        return Safe("")
    lines = [[bits.name(run), why] for run, why in found.items()]
    return bits.panel("Cannot be shown", bits.table(("Run", "Why"), lines, label="Cannot be shown"))


def _named(card: RunCard) -> list[object]:
    forked: list[object] = [h("small", " arena", class_="soft")] if card.arena else []
    if card.parent:
        forked = [h("small", " forked from ", bits.name(card.parent), class_="soft")]
    return [bits.link(bits.name(card.run_id), bits.run_link(card.run_id)), *forked]


def _count(card: RunCard, *kinds: str) -> str:
    return bits.short(sum(card.counts.get(kind, 0) for kind in kinds))


def _leads(card: RunCard) -> object:
    held_out = [r for r in card.ratings if r["purpose"] == "evaluation"]
    best = next(iter(held_out or card.ratings), None)
    return [bits.name(best["model"]), f" {best['rating']:.0f}"] if best else "–"


def compared(one: RunCard, other: RunCard) -> Safe:
    """Return two runs side by side."""
    names = {
        "draft": "instructions written",
        "instruction": "instructions kept",
        "battle": "battles",
        "sft": "SFT rows",
        "preference": "preference rows",
        "rlvr": "RLVR rows",
        "reject": "rejects",
    }
    lines: list[list[object]] = [
        ["status", bits.chip(one.status), bits.chip(other.status), ""],
        ["calls in the ledger", *_pair(one.calls, other.calls)],
        ["USD", bits.usd(one.usd), bits.usd(other.usd), _more(other.usd - one.usd)],
    ]
    lines += [
        [said, *_pair(one.counts.get(name, 0), other.counts.get(name, 0))]
        for name, said in names.items()
    ]
    ours = {(r["purpose"], r["model"]): r["rating"] for r in one.ratings}
    theirs = {(r["purpose"], r["model"]): r["rating"] for r in other.ratings}
    for key in sorted(ours.keys() | theirs.keys()):
        said = [f"rating, {key[0]}: ", bits.name(key[1])]
        lines.append([said, *_pair(ours.get(key), theirs.get(key))])
    return bits.table(
        ("", f"#{one.run_id}", f"#{other.run_id}", "#change"), lines, label="Two runs"
    )


def _more(usd: float) -> str:
    return f"{'-' if usd < 0 else '+'}{bits.usd(abs(usd))}"


def _pair(one: float | None, other: float | None) -> list[object]:
    shown = ["–" if value is None else f"{value:,.0f}" for value in (one, other)]
    change = "" if one is None or other is None else f"{other - one:+,.0f}"
    return [*shown, change]


def differing(found: Comparison) -> Safe:
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
        [bits.name(name), f"{c.calls:,}", f"{c.inherited:,}", bits.usd(c.usd)]
        for name, c in zip((found.one, found.other), found.costs, strict=True)
    ]
    paid = bits.table(
        ("Run", "#Calls paid", "#Served from its parent", "#USD"), costs, label="Cost"
    )
    rated = [
        [round, purpose, bits.name(model), _rating(one), _rating(other)]
        for round, purpose, model, one, other in found.ratings
    ]
    names = ("#Round", "Purpose", "Model", f"#{found.one}", f"#{found.other}")
    ratings = (
        bits.table(names, rated, label="Ratings")
        if rated
        else bits.nothing("No ratings yet", "Neither run has come to the end of a round.")
    )
    return join(
        bits.panel("Rows", bits.table(heads, sums, label="Rows that differ")),
        h(
            "div",
            bits.panel("Cost", paid, h("p", _verdicts(found.verdicts))),
            bits.panel("Ratings", ratings),
            class_="two",
        ),
        bits.panel("Changes", _changes(found), note="by kind; open one"),
    )


def _verdicts(other: int) -> str:
    return f"{other:,} battle{' has' if other == 1 else 's have'} another verdict."


def _changes(found: Comparison) -> Safe:
    if not found.changes:
        text = "Every record that is in both is the same in both, byte for byte."
        return bits.nothing("Nothing changed", text)
    kinds = list(dict.fromkeys(change.kind for change in found.changes))
    return h("div", [_kind(found, kind) for kind in kinds])


def _kind(found: Comparison, kind: str) -> Safe:
    """Return the changes of one kind, folded: a run has hundreds."""
    shown = [change for change in found.changes if change.kind == kind]
    in_all = next(one.changed for one in found.sums if one.kind == kind)
    first = f", the first {len(shown)} of them here" if in_all > len(shown) else ""
    title = f"{NAMES.get(kind, kind.replace('_', ' ').capitalize())}: {in_all:,} changed{first}"
    return h("details", h("summary", title), [_change(found, change) for change in shown])


def _change(found: Comparison, change: Change) -> Safe:
    way = "battle" if change.kind == "battle" else "row"
    runs = (found.one, found.other)
    links = [bits.link(bits.name(run), bits.run_link(run, way, change.id)) for run in runs]
    head = bits.words(h("b", change.kind), bits.shortened(change.id), *links)
    body = bits.differing(change.pieces) if change.pieces else None
    said = h("p", change.before, " → ", change.after) if way == "battle" else None
    if change.fields:
        lines = [
            [h("b", name), *(h("span", value, dir="auto") for value in pair)]
            for name, *pair in change.fields
        ]
        heads = ("Field", found.one, found.other)
        body = bits.table(heads, lines, label=f"What differs in {change.id}")
    return h("div", head, said, body, class_="juror")


def _rating(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
