"""Turns a seed into a passage: its own sentences dealt out anew, in the form that was asked for."""

import random
import re
from collections.abc import Callable

from ...replies import PassageReply
from .restyle import contradict
from .sections import Sections
from .text import Text, bare, lower_first, read_text, stems

_LEAST = 3
_MOST = 40
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


def transform(sections: Sections, rng: random.Random) -> PassageReply:
    """Return the passage, or why the seed does not lend itself to it."""
    seed = sections.get("seed")
    name = sections.get("transformation").attributes.get("name", "")
    text = read_text(seed.text)
    maker = next((made for pattern, made in _COMPILED if pattern.search(name)), None)
    if maker is None:
        enough = bool(seed.text.strip())
        return PassageReply(
            suitable=enough,
            reason="the seed as it is" if enough else "the seed is empty",
            passage=seed.text,
        )
    rows = list(text.usable)
    if len(rows) < _LEAST:
        reason = f"the seed has {len(rows)} full sentences; this passage needs at least {_LEAST}"
        return PassageReply(suitable=False, reason=reason, passage="")
    # A window of the seed keeps long ones in bounds; which one is up to the dice.
    start = rng.randrange(max(1, len(rows) - _MOST + 1))
    rows = rows[start : start + _MOST]
    passage = maker(rows, text, rng)
    return PassageReply(
        suitable=True, reason=f"{len(rows)} sentences of the seed carry it", passage=passage
    )


def _ranked(rows: list[str], text: Text) -> list[str]:
    """Return sentences by how much they are about what the text is about."""
    theme = frozenset(text.frequent[:10])
    return sorted(rows, key=lambda s: (-text.score(theme, s), rows.index(s)))


def _argument(rows: list[str], text: Text, rng: random.Random) -> str:
    """State a claim, give reasons for it, grant something, conclude."""
    claim, *others = _ranked(rows, text)
    near = [s for s in others if stems(s) & stems(claim)] or others
    reasons = near[: min(6, len(near))]
    granted = next((s for s in others if s not in reasons), None)
    links = ("To begin with, ", "Moreover, ", "In the same way, ", "What is more, ")
    parts = [f"It has to be held that {lower_first(claim)}"]
    parts += [f"{links[i % 4]}{lower_first(s)}" for i, s in enumerate(reasons)]
    if granted:
        parts.append(f"Granted, {lower_first(granted)} Yet this does not touch the point.")
    return _paragraphs([*parts, f"Therefore {lower_first(claim)}"], 4)


def _paragraphs(parts: list[str], each: int) -> str:
    return "\n\n".join(" ".join(parts[i : i + each]) for i in range(0, len(parts), each))


def _debate(rows: list[str], text: Text, rng: random.Random) -> str:
    """Let two speakers contend over the seed's statements."""
    one, other = rng.sample(_SPEAKERS, 2)
    lines = [f"Moderator: Our motion tonight: {lower_first(_ranked(rows, text)[0])}"]
    for i, sentence in enumerate(rows[:18]):
        if i % 2 == 0:
            opener = rng.choice(("I hold that ", "My point is this: ", "Mark that "))
        else:
            opener = rng.choice(("You overlook this: ", "Even so, ", "Against that, "))
        lines.append(f"{other if i % 2 else one}: {opener}{lower_first(sentence)}")
    lines.append(f"{other}: And would you go so far as to say this? {contradict(rows[0])}")
    lines.append(f"{one}: No. As I said, {lower_first(rows[0])}")
    return "\n\n".join(lines)


def _conversation(rows: list[str], text: Text, rng: random.Random) -> str:
    """Let two people talk the seed over."""
    one, other = rng.sample(_SPEAKERS, 2)
    openers = (
        "Did you know? ",
        "I read something about that. ",
        "Yes, and ",
        "Right, but ",
        "",
        "As far as I know, ",
    )
    lines = [f"{one}: Have you read anything about {' and '.join(_topic(rows))} lately?"]
    for i, sentence in enumerate(rows[:20]):
        opener = rng.choice(openers)
        said = lower_first(sentence) if opener.endswith((", ", "and ", "but ")) else sentence
        lines.append(f"{one if i % 2 else other}: {opener}{said}")
    return "\n\n".join(lines)


def _topic(rows: list[str]) -> list[str]:
    words = [w for w in re.findall(r"[a-z]{6,}", rows[0])]
    return words[:2] or ["this"]


def _meeting(rows: list[str], text: Text, rng: random.Random) -> str:
    """Deal the seed's statements out to three people in a meeting with an agenda."""
    people = rng.sample(_SPEAKERS, 3)
    lines = ["Minutes", f"Present: {', '.join(people)}"]
    third = -(-len(rows[:24]) // 3)
    for item in range(0, len(rows[:24]), third):
        part = rows[item : item + third]
        lines.append(f"Item {item // third + 1}: {' and '.join(_topic(part))}")
        lines += [f"{people[i % 3]}: {sentence}" for i, sentence in enumerate(part)]
    return "\n\n".join([*lines, f"Agreed: {rows[-1]}"])


def _instructional(rows: list[str], text: Text, rng: random.Random) -> str:
    """Set the seed as numbered steps of a manual."""
    steps = [f"{i}. Note that {lower_first(s)}" for i, s in enumerate(rows[:16], 1)]
    return "\n".join(
        [
            f"How to work with {' and '.join(_topic(rows))}",
            "",
            *steps,
            "",
            f"Check at the end: {rows[0]}",
        ]
    )


def _poem(rows: list[str], text: Text, rng: random.Random) -> str:
    """Break the seed's sentences into short lines and four-line stanzas."""
    lines: list[str] = []
    for sentence in rows[:14]:
        words = sentence.split()
        lines += [" ".join(words[i : i + 6]) for i in range(0, len(words), 6)]
    stanzas = ["\n".join(lines[i : i + 4]) for i in range(0, len(lines), 4)]
    return "\n\n".join(stanzas)


def _satire(rows: list[str], text: Text, rng: random.Random) -> str:
    """Report the seed with mock solemnity; its facts stay as they are."""
    leads = (
        "In a statement that shook no one, experts announced: ",
        "Sources close to the matter insist: ",
        "A committee of nine was needed to find out the following: ",
        "Hold on to your hats: ",
    )
    parts = [f"{leads[i % 4] if i % 3 == 0 else ''}{s}" for i, s in enumerate(rows[:18])]
    return _paragraphs([*parts, "The public has been asked to remain calm."], 4)


def _long(rows: list[str], text: Text, rng: random.Random) -> str:
    """Weave recaps and the seed's own definitions into the seed."""
    defined = [s for s in rows if re.search(r"\b(?:is|are) (?:a|an|the|called|known)\b", s)]
    parts: list[str] = []
    for i in range(0, len(rows), 4):
        part = rows[i : i + 4]
        parts.append(" ".join(part))
        if defined and rng.random() < 0.5:
            parts.append(
                "It helps to keep a definition in mind here: "
                f"{lower_first(defined[i % len(defined)])}"
            )
        parts.append(
            "So far, then, the point to remember is that "
            f"{lower_first(bare(_ranked(part, text)[0]))}."
        )
    return "\n\n".join(parts)


_MAKERS: tuple[tuple[str, Callable[[list[str], Text, random.Random], str]], ...] = (
    (r"argument", _argument),
    (r"debate", _debate),
    (r"conversation|dialog", _conversation),
    (r"meeting|transcript|minutes", _meeting),
    (r"instruct|manual|how_?to", _instructional),
    (r"poem|verse", _poem),
    (r"satir", _satire),
    (r"long|expan", _long),
)
_COMPILED = tuple((re.compile(pattern), maker) for pattern, maker in _MAKERS)
