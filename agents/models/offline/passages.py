"""Turns a seed into a passage: its own sentences dealt out anew, in the form that the brief asks for."""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from .request import Sections
from .text import Text, bare, contradict, lower_first, read_text

_SPEAKERS = (
    "Imre",
    "Salome",
    "Odile",
    "Tavi",
    "Bronagh",
    "Kofi",
    "Ludmila",
    "Esben",
    "Noor",
    "Piet",
)
Make = Callable[[list[str], Text, random.Random], str]


def transform(sections: Sections, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Return the passage, or why the seed does not lend itself to it."""
    seed, way = sections.text("seed"), sections.get("transformation")
    brief = f"{way.attributes.get('name', '')} {way.text}".replace("_", " ")
    text = read_text(seed)
    if re.search(r"\bunchanged\b|\bidentity\b", brief):
        yield {"suitable": bool(seed.strip()), "reason": "the seed as it is", "passage": seed}
    elif len(text.usable) < 3:
        reason = f"the seed has {len(text.usable)} full sentences; this passage needs at least 3"
        yield {"suitable": False, "reason": reason, "passage": ""}
    else:
        make = next((make for told, make in _FORMS if re.search(told, brief, re.I)), _prose)
        # A window of the seed keeps long ones in bounds; which one is up to the dice.
        start = rng.randrange(max(1, len(text.usable) - 39))
        rows = list(text.usable[start : start + 40])
        reason = f"{len(rows)} sentences of the seed carry it"
        yield {"suitable": True, "reason": reason, "passage": make(rows, text, rng)}


def _foremost(rows: list[str], text: Text) -> str:
    theme = frozenset(text.frequent[:10])
    return max(rows, key=lambda s: text.cover(theme, s))


def _joined(parts: list[str]) -> str:
    return "\n\n".join(" ".join(parts[i : i + 4]) for i in range(0, len(parts), 4))


def _argument(rows: list[str], text: Text, rng: random.Random) -> str:
    """State a claim, give reasons for it, grant something, conclude."""
    claim = _foremost(rows, text)
    others = [s for s in rows if s != claim]
    links = ("To begin with, ", "Moreover, ", "In the same way, ", "What is more, ")
    parts = [f"It has to be held that {lower_first(claim)}"]
    parts += [f"{links[i % 4]}{lower_first(s)}" for i, s in enumerate(others[:6])]
    parts += [f"Granted, {lower_first(s)} Yet that is beside the point." for s in others[6:7]]
    return _joined([*parts, f"Therefore {lower_first(claim)}"])


def _talk(people: int, openers: tuple[str, ...]) -> Make:
    """Deal the seed's statements out to people who speak in turn."""

    def make(rows: list[str], text: Text, rng: random.Random) -> str:
        names = rng.sample(_SPEAKERS, people)
        lines = [f"{names[0]}: Shall we talk about {text.topic(rows[0])}?"]
        for i, sentence in enumerate(rows[:20], 1):
            opener = rng.choice(openers)
            said = lower_first(sentence) if opener else sentence
            lines.append(f"{names[i % people]}: {opener}{said}")
        lines.append(f"{names[1]}: And would you go so far as to say this? {contradict(rows[0])}")
        return "\n\n".join([*lines, f"{names[0]}: No. As was said, {lower_first(rows[0])}"])

    return make


def _steps(rows: list[str], text: Text, rng: random.Random) -> str:
    """Set the seed as numbered steps of a manual."""
    steps = [f"{i}. Note that {lower_first(s)}" for i, s in enumerate(rows[:16], 1)]
    head = f"How to work with {text.topic(rows[0])}"
    return "\n".join([head, "", *steps, "", f"Check at the end: {rows[0]}"])


def _verse(rows: list[str], text: Text, rng: random.Random) -> str:
    """Break the seed's sentences into short lines and four-line stanzas."""
    split = [s.split() for s in rows[:14]]
    lines = [" ".join(row[i : i + 6]) for row in split for i in range(0, len(row), 6)]
    return "\n\n".join("\n".join(lines[i : i + 4]) for i in range(0, len(lines), 4))


def _satire(rows: list[str], text: Text, rng: random.Random) -> str:
    """Report the seed with mock solemnity; its facts stay as they are."""
    leads = ("Experts announced to no one's surprise: ", "Sources close to the matter insist: ")
    parts = [f"{rng.choice(leads) if i % 3 == 0 else ''}{s}" for i, s in enumerate(rows[:18])]
    return _joined([*parts, "The public has been asked to remain calm."])


def _prose(rows: list[str], text: Text, rng: random.Random) -> str:
    """Tell the seed in paragraphs, each with a recap of its main point."""
    parts = [rows[i : i + 4] for i in range(0, len(rows), 4)]
    recap = "So far, then, the point to remember is that"
    return "\n\n".join(
        f"{' '.join(p)}\n\n{recap} {lower_first(bare(_foremost(p, text)))}." for p in parts
    )


_FORMS: tuple[tuple[str, Make], ...] = (
    (r"\bsatir", _satire),
    (
        r"\bdebate\b",
        _talk(2, ("", "I hold that ", "Even so, ", "Against that, ", "You overlook that ")),
    ),
    (
        r"\b(?:conversation|meeting|transcript|dialogue|interview)\b",
        _talk(3, ("", "", "Yes, and ", "Right, but ")),
    ),
    (r"\bpoem\b|\bstanza|\bverse\b", _verse),
    (r"\bmanual\b|\bsteps\b|\bhow to\b", _steps),
    (r"\bargument", _argument),
)
