"""A page of rows, and one row with its whole way."""

import re

from ..lineage import STAGES, Bead, Lineage, Produced
from ..rows import COUNTED, NAMES, Page, Row, Wanted
from . import bits
from .markup import Safe, h


def listed(run: str, wanted: Wanted, page: Page) -> Safe:
    """Return a page of rows as a table; each line leads to its row."""
    name = NAMES[wanted.kind]
    if not page.rows and wanted == Wanted(
        wanted.kind, sort=wanted.sort, descending=wanted.descending
    ):
        return bits.nothing(f"No {name} yet", "The run has made none so far.")
    if not page.rows:
        return bits.nothing(
            "No rows match",
            "No row of this kind has all of what you ask for: take a filter away, or wait if the run is "
            "still on its way.",
        )
    heads = ("Id", "#Round", "Leaf", "Outcome", "Model", "#Agreement", "#USD", "#Tokens", "Text")
    lines = [_line(run, row) for row in page.rows]
    # What no row of this kind has takes no room.
    told = [at for at in range(len(heads)) if any(line[at] not in ("", None) for line in lines)]
    return bits.table(
        [heads[at] for at in told], [[line[at] for at in told] for line in lines], label=name
    )


def matches(page: Page) -> str:
    """Return how many rows match, in words."""
    if page.matches > COUNTED:
        return f"more than {COUNTED:,} rows"
    return f"{page.matches:,} row{'s' if page.matches != 1 else ''}"


def _line(run: str, row: Row) -> list[object]:
    where = bits.run_link(run, "battle" if row.kind == "battle" else "row", row.id)
    judged = row.kind in ("battle", "draft") and row.outcome
    return [
        bits.link(bits.shortened(row.id), where),
        row.round or "",
        h("span", row.leaf.replace("_", " "), title=row.skill) if row.leaf else "",
        bits.chip(row.outcome),
        bits.name(row.model) if row.model else "",
        bits.share(row.agreement) if judged else "",
        bits.usd(row.usd) if row.usd else "",
        bits.short(row.tokens) if row.tokens else "",
        h("span", row.text, class_="clip", dir="auto"),
    ]


def strip(run: str, lineage: Lineage) -> Safe:
    """Return the lineage as a strip of beads, from the document to the rows; those alike are stacked."""
    groups: list[list[Bead]] = []
    for bead in lineage.beads:
        if groups and groups[-1][0].name == bead.name:
            groups[-1].append(bead)
        else:
            groups.append([bead])
    drawn = [
        h("li", _bead(run, group[0]))
        if len(group) == 1
        else h("li", h("ul", [h("li", _bead(run, b)) for b in group], class_="stack"))
        for group in groups
    ]
    return h("ul", drawn, class_="strip", aria_label="Lineage")


def _bead(run: str, bead: Bead) -> Safe:
    where = bits.run_link(run, "battle" if bead.kind == "battle" else "row", bead.id)
    title = f"{bead.name}{f', round {bead.round}' if bead.round else ''}"
    return h(
        "a",
        h("b", title),
        h("span", bead.text or bead.id, dir="auto"),
        href=where,
        class_="bead here" if bead.here else "bead",
        aria_current="true" if bead.here else None,
    )


def fields(run: str, lineage: Lineage) -> Safe:
    """Return what stands in a row, field by field; what names a record leads to it."""
    lines = [
        [h("b", name.replace("_", " ")), _value(run, value)]
        for name, value in lineage.fields.items()
        if value not in ("", None, [], {})
    ]
    return bits.table(("Field", "Value"), lines, label="Fields")


_RECORD = re.compile(rf"(?:{'|'.join(kind for kind, _ in STAGES)}|instruction)-[0-9a-f]{{8,}}")


def _value(run: str, value: object) -> object:
    if isinstance(value, str) and _RECORD.fullmatch(value):
        way = "battle" if value.startswith("battle-") else "row"
        return bits.link(bits.shortened(value), bits.run_link(run, way, value))
    if isinstance(value, str):
        return bits.text(value) if len(value) > 80 or "\n" in value else value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [
            h("div", _value(run, item) if _RECORD.fullmatch(item) else h("code", item), class_="id")
            for item in value
        ]
    if isinstance(value, list | dict):
        import json

        return bits.text(json.dumps(value, ensure_ascii=False, indent=1))
    return str(value)


def edits(lineage: Lineage) -> Safe:
    """Return every edit on the way, word by word, with what was asked for."""
    drawn = [
        h(
            "div",
            h("h3", f"{edit.goal.replace('_', ' ')}: {edit.direction}"),
            bits.differing(edit.pieces),
        )
        for edit in lineage.edits
    ]
    return h("div", drawn)


def produced(found: tuple[Produced, ...]) -> Safe:
    """Return what came of a row or a leaf, and what that cost."""
    lines = [
        [
            NAMES.get(p.kind, p.kind),
            bits.chip(p.outcome),
            f"{p.count:,}",
            bits.usd(p.usd),
            bits.short(p.tokens),
        ]
        for p in found
    ]
    total = [
        h("b", "in all"),
        "",
        f"{sum(p.count for p in found):,}",
        bits.usd(sum(p.usd for p in found)),
        bits.short(sum(p.tokens for p in found)),
    ]
    return bits.table(
        ("What", "Outcome", "#Count", "#USD", "#Tokens"), [*lines, total], label="What came of it"
    )
