"""A run in one HTML file that opens from disk: chosen rows with their lineage, battles, ratings, taxonomy."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..disk import write_whole
from .arena import arena
from .card import Card, card
from .catalog import run_card
from .draw import arena as draw_arena
from .draw import bits
from .draw import card as draw_card
from .draw import rows as draw_rows
from .draw import run as draw_run
from .draw import taxonomy as draw_taxonomy
from .draw.markup import Safe, h, join
from .indexing import catch_up
from .lineage import Lineage, lineage
from .picture import picture
from .policy import growth
from .rows import Wanted, following, rows, totals
from .source import Source

STYLE = (Path(__file__).parent / "draw" / "style.css").read_text(encoding="utf-8")
LARGEST = 40_000_000
"""Bytes of instructions in a file: what a browser opens from disk in seconds."""
_SCRIPT = """
const field = document.getElementById('find'), said = document.getElementById('found');
const items = [...document.querySelectorAll('details.item')];
let texts = null, waits = 0;
const find = () => {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  if (words.length) texts ??= items.map(item => item.textContent.toLowerCase());
  let n = 0;
  items.forEach((item, at) => {
    const hit = words.every(w => texts[at].includes(w));
    item.hidden = !hit; n += hit;
  });
  said.textContent = n + ' of ' + items.length;
};
if (field) {
  field.addEventListener('input', () => { clearTimeout(waits); waits = setTimeout(find, 150); });
  find();
}
const open = () => {
  const at = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let e = at; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
  if (at) at.scrollIntoView();
};
addEventListener('hashchange', open); open();
const dark = matchMedia('(prefers-color-scheme: dark)');
const theme = () => { document.documentElement.dataset.theme = dark.matches ? 'dark' : 'light'; };
dark.addEventListener('change', theme); theme();
"""


@dataclass(frozen=True)
class Story:
    """One instruction with everything that came of it."""

    lineage: Lineage
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Written:
    """What a file tells of."""

    told: int
    """Instructions in it."""
    of: int
    """Instructions of the run."""
    full: bool
    """The file had become as large as a browser opens with ease."""

    def __str__(self) -> str:
        if self.told == self.of:
            return f"all {self.of:,} instructions"
        why = (
            f"more would make it larger than {LARGEST / 1e6:.0f} MB"
            if self.full
            else "--rows takes more"
        )
        left = self.of - self.told
        return f"{self.told:,} of {self.of:,} instructions; {left:,} are left out ({why})"


def write_html(source: Source, path: Path, most: int) -> Written:
    """Write a run into one file.

    Args:
        source: the run.
        path: the file; it appears when it is whole.
        most: instructions at most, those with the least agreement first; fewer where the file grew too large.
    """
    catch_up(source)
    with bits.in_file():
        told = overview(source)
        drawn, full = _stories(source, most)
        written = Written(len(drawn), totals(source).get("draft", 0), full)
        title = h("h1", source.folder.run_id)
        text = page(source, join(title, told, _told(drawn, written)))
    write_whole(path, text)
    return written


def _stories(source: Source, most: int) -> tuple[list[Safe], bool]:
    """Return as many instructions as are wanted and fit, drawn; and whether the rest does not fit."""
    found, size, placed = list[Safe](), 0, set[str]()
    for story in stories(source, Wanted("draft", sort="agreement"), most):
        drawn = draw_story(source.folder.run_id, story, placed)
        size += len(drawn.encode())
        if size > LARGEST and found:
            return found, True
        found.append(drawn)
    return found, False


def stories(source: Source, asked: Wanted, most: int) -> Iterator[Story]:
    """Yield the instructions that are asked for, with everything that came of each."""
    wanted: Wanted | None = asked
    while wanted is not None:
        found = rows(source, wanted)
        for row in found.rows[:most]:
            told = lineage(source, row.id)
            if told is not None:
                ids = [bead.id for bead in told.beads if bead.kind == "battle"]
                cards = (card(source, id) for id in ids)
                yield Story(told, tuple(one for one in cards if one is not None))
        most -= len(found.rows)
        wanted = following(wanted, found) if found.after is not None and most > 0 else None


def page(source: Source, content: Safe, way: Safe | None = None) -> str:
    """Return a whole page, with its `way` to the others where it is not alone."""
    name = source.folder.run_id
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"
    )
    head = h(
        "head",
        h("meta", charset="utf-8"),
        Safe(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("title", f"{name} – ArenaInstruct"),
        Safe(f"<style>{STYLE}</style>"),
    )
    brand = h("span", h("b", "Arena"), "Instruct", class_="brand")
    top = h("header", brand, h("span", name, class_="who"), way, class_="top")
    sheet = h("main", content, class_="sheet")
    body = h("body", top, sheet, Safe(f"<script>{_SCRIPT}{bits.SCROLLERS}</script>"))
    return f"<!doctype html>{h('html', head, body, lang='en')}"


def overview(source: Source) -> Safe:
    """Return what the run as a whole came to."""
    seen, grown, name = arena(source), growth(source), source.folder.run_id
    return join(
        draw_run.figures(run_card(source), totals(source)),
        bits.panel("The supervisor", draw_run.ring(picture(source))),
        [
            h(
                "div",
                bits.panel(f"Ratings, {purpose}", draw_arena.ratings(seen.ratings, purpose)),
                bits.panel(f"Who beat whom, {purpose}", draw_arena.matrix(seen, purpose)),
                class_="two",
            )
            for purpose in sorted(seen.pairs)
        ],
        bits.panel("Jurors", draw_arena.jurors("", seen.jurors)),
        bits.panel("Taxonomy: loss rate of the target", draw_taxonomy.heat(name, grown, "loss")),
        bits.panel("Every change of the policy", draw_taxonomy.changes(grown.changes)),
    )


def _told(drawn: list[Safe], written: Written) -> Safe:
    """Return the instructions, and how many are left out."""
    said = (
        h("p", f"This file holds {written}.", class_="note") if written.told < written.of else None
    )
    return instructions(drawn, said, note="those the jurors agreed on least first")


def instructions(drawn: list[Safe], *before: Safe | None, note: str) -> Safe:
    """Return instructions with a field to find some by their words."""
    hint = "words in it"
    field = h(
        "input", type="search", id="find", class_="plain grow", placeholder=hint, aria_label=hint
    )
    tools = h("div", field, h("span", id="found", class_="soft", role="status"), class_="tools")
    return bits.panel("Instructions", *before, tools, drawn, note=note)


def draw_story(run: str, story: Story, placed: set[str]) -> Safe:
    """Return one instruction with all beads; a bead that several share is placed once."""
    told = story.lineage
    task = next((bead.text for bead in told.beads if bead.id == told.id), told.id)
    outcome = next((bead.text for bead in told.beads if bead.kind == "decision"), "")
    leaf = h("b", str(told.fields.get("leaf", "")))
    beads = []
    for bead in told.beads:
        if bead.kind != "battle" and bead.id != told.id and bead.id not in placed:
            placed.add(bead.id)
            said = h("summary", f"{bead.name}: {bead.text}")
            beads.append(h("details", said, h("code", bead.id, class_="soft"), id=bead.id))
    return h(
        "details",
        h("summary", bits.chip(outcome.partition(":")[0]), " ", leaf, " ", task),
        draw_rows.strip(run, told),
        draw_rows.edits(told) if told.edits else None,
        draw_rows.fields(run, told),
        beads,
        [_battle(run, card) for card in story.cards],
        id=told.id,
        class_="item",
    )


def _battle(run: str, card: Card) -> Safe:
    return h(
        "details",
        h("summary", f"Battle: {card.a.model} against {card.b.model}"),
        draw_card.verdict(card),
        draw_card.question(card),
        draw_card.answers(card),
        draw_card.jurors(card),
        draw_card.becomes(run, card),
        id=card.battle.id,
    )
