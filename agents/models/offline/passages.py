"""Turns a seed into a passage: its own sentences dealt out anew, in the form that the brief asks for."""

import random
import re
from collections.abc import Iterator
from typing import Any

from .request import Sections
from .text import Text, bare, contradict, lower_first, read_text, words

_MOST = 40
"""Sentences of a seed that go into a passage."""


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
        # A window of the seed keeps long ones in bounds; which one is up to the dice.
        start = rng.randrange(max(1, len(text.usable) - _MOST + 1))
        rows = list(text.usable[start : start + _MOST])
        form = next(form for form in words("passages") if re.search(form["told"], brief, re.I))
        reason = f"{len(rows)} sentences of the seed carry it"
        yield {"suitable": True, "reason": reason, "passage": _dealt(form, rows, text, rng)}


def _dealt(form: dict[str, Any], rows: list[str], text: Text, rng: random.Random) -> str:
    """Set sentences in a form: a head, the rows with what leads into each, a tail."""
    theme = frozenset(text.frequent[:10])
    main = max(rows, key=lambda row: text.cover(theme, row))
    people, leads = (
        rng.sample(words("speakers"), 3)[: form.get("people", 3)],
        form.get("leads", [""]),
    )
    about = {"topic": text.topic(rows[0]), "contrary": contradict(rows[0]), "people": people}
    about |= {"first": lower_first(rows[0]), "main": lower_first(bare(main))}
    said = []
    for at, row in enumerate(rows, 1):
        lead = leads[at % len(leads)]
        place = {"n": at, "who": people[at % len(people)], "lead": lead}
        own = {"said": lower_first(row) if lead else row}
        said.append(form.get("row", "{lead}{said}").format(**place, **own, **about))
    if size := form.get("line"):
        pieces = " ".join(said).split()
        said = [" ".join(pieces[at : at + size]) for at in range(0, len(pieces), size)]
    wide, joint = form.get("wide", 1), form.get("joint", " ")
    parts = [joint.join(said[at : at + wide]) for at in range(0, len(said), wide)]
    ends = (form.get(name, "").format(**about) for name in ("head", "tail"))
    head, tail = (end for end in ends)
    return "\n\n".join(filter(None, [head, *parts, tail]))
