"""Two rounds of one document, or of one leaf, side by side."""

from collections.abc import Sequence

from ..rounds import Asked, Pair, Retold, Telling, Turn
from . import bits
from .markup import Safe, h, join

_OUTCOMES = ("lost", "even", "won", "broken", "held_out", "rejected")


def glance(found: Retold) -> Safe:
    """Return both rounds in figures."""
    sides = (found.one, found.other)
    lines: list[Sequence[object]] = [
        ["target", *(side.target for side in sides)],
        ["instructions written", *(f"{side.written:,}" for side in sides)],
        ["mean complexity asked for", *(_mean([a.complexity for a in s.asked]) for s in sides)],
    ]
    lines += [
        [bits.chip(outcome), *(str(side.count(outcome) or "–") for side in sides)]
        for outcome in _OUTCOMES
        if any(side.count(outcome) for side in sides)
    ]
    lines += [
        ["mean difficulty for the target", *(_difficulty(side) for side in sides)],
        ["training rows", *(f"{sum(a.trains for a in side.asked):,}" for side in sides)],
        ["dropped on the way", *(_dropped(side) for side in sides)],
    ]
    heads = ("", *(f"#{said}" for said in titles(found)))
    return bits.table(heads, lines, label="Both rounds in figures")


def titles(found: Retold) -> tuple[str, str]:
    """Return what each of the two rounds is called."""
    told = found.one.run != found.other.run
    one, other = (
        f"{side.run}, round {side.round}" if told else f"round {side.round}"
        for side in (found.one, found.other)
    )
    return one, other


def _mean(values: list[int]) -> str:
    return f"{sum(values) / len(values):.1f}" if values else "–"


def _difficulty(side: Telling) -> str:
    known = [asked.difficulty for asked in side.asked if asked.difficulty is not None]
    return f"{sum(known) / len(known):+.2f}" if known else "–"


def _dropped(side: Telling) -> str:
    return ", ".join(f"{n} {why}" for why, n in sorted(side.dropped.items())) or "–"


def turns(found: Retold) -> Safe:
    """Return the leaves: those of both rounds in pairs, the others below the round that asked them."""
    apart: tuple[list[Safe], list[Safe]] = ([], [])
    shared = []
    for turn in found.turns:
        if turn.both:
            shared.append(_turn(found, turn, [_pair(found, pair) for pair in turn.pairs]))
            continue
        side = turn.pairs[0].one is None
        run = (found.one, found.other)[side].run
        asked = [pair.other or pair.one for pair in turn.pairs]
        drawn = [h("div", _asked(run, one), class_="juror") for one in asked if one]
        apart[side].append(_turn(found, turn, drawn))
    sides = [
        h("div", h("h2", f"Only in {title}"), panels) if panels else h("div")
        for title, panels in zip(titles(found), apart, strict=True)
    ]
    return join(shared, h("div", sides, class_="two") if any(apart) else None)


def _turn(found: Retold, turn: Turn, drawn: list[Safe]) -> Safe:
    """Return one leaf with what the policy made of it in between."""
    before, after = turn.before, turn.after
    force = bits.words(
        f"weight {before.weight:.2f} → {after.weight:.2f}",
        f"complexity {before.level:g} → {after.level:g}",
    )
    why = [h("p", f"{change.field}: {change.reason}", class_="soft") for change in turn.changes]
    if not why and found.one.run == found.other.run:
        why = [h("p", "The policy changed nothing of this leaf in between.", class_="soft")]
    name, note = (text.replace("_", " ") for text in (turn.leaf, turn.skill))
    return bits.panel(name, h("p", force), why, drawn, note=note)


def _pair(found: Retold, pair: Pair) -> Safe:
    sides = zip((found.one, found.other), titles(found), (pair.one, pair.other), strict=True)
    drawn = [h("div", h("h3", title), _asked(side.run, asked)) for side, title, asked in sides]
    words = None
    if pair.pieces:
        said = h("summary", "from the one to the other, word by word")
        words = h("details", said, bits.differing(pair.pieces))
    return h("div", h("div", drawn, class_="dual"), words, class_="juror")


def _asked(run: str, asked: Asked | None) -> Safe:
    if asked is None:
        return h("p", "No other instruction of this leaf.", class_="soft")
    head = bits.words(
        bits.chip(asked.outcome),
        bits.link(bits.shortened(asked.id), bits.run_link(run, "row", asked.id)),
        f"complexity {asked.complexity}",
        None if asked.operator == "seed" else asked.operator.replace("_", " "),
        f"training rows: {asked.trains}" if asked.trains else None,
    )
    bouts = [
        h("li", bits.link(b.text, bits.run_link(run, "battle", b.id)), h("div", b.said, dir="auto"))
        for b in asked.bouts
    ]
    said = h("summary", f"battles: {len(bouts)}, each with a juror's reason")
    return h(
        "div",
        h("p", head),
        bits.text(asked.task),
        h("p", asked.reason, class_="soft") if asked.reason else None,
        h("details", said, h("ul", bouts)) if bouts else None,
    )
