"""Mends an answer by program so that it keeps constraints: its form is changed, what it says is not.

A text that is too short, or in another language, is beyond mending and stays as it is.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from .casing import Capitals, CapitalWords, SmallLetters
from .constraint import Constraint
from .content import Placeholders, Without
from .frame import Ending, Postscript, Quotation, RepeatedRequest, TwoAnswers
from .keywords import Forbidden, Keywords, Letters
from .layout import Bullets, Highlights, Json, Sections, Title
from .lengths import NthParagraph, Paragraphs, Sentences, Words
from .said import said_in

_END = re.compile(r"(?<=[.!?])[\"'”)*]*\s+|\n+")
_MARKER = re.compile(r"^[^\S\n]*+(?:[-*•]|\d{1,9}[.)])[^\S\n]++", re.M)
_PLACES = ("[name]", "[date]", "[place]", "[address]", "[number]", "[title]", "[company]", "[city]")
_INSTEAD = {"!": ".", ";": ".", "?": "."}


def mended(prompt: str, answer: str, most: int | None = None) -> str:
    """Return an answer in the form that a prompt asks for, as far as a program can bring it there.

    Only the first `most` demands are minded, where a number is given.
    """
    constraints = {type(one): one for one in said_in(prompt)[:most]}
    for kind, mend in _MENDS:
        one = constraints.get(kind)
        if one is not None and one.fault(answer):
            answer = mend(one, answer)
    return answer


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _END.split(_MARKER.sub("", text)) if part.strip(" *-#")]


def _parts(text: str, count: int) -> list[str]:
    """Return a text in so many parts, at the ends of sentences; fewer where it has no more."""
    rows = _sentences(text)
    count = min(count, len(rows))
    bounds = [place * len(rows) // count for place in range(count + 1)] if count else [0]
    return [" ".join(rows[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]


def _fewer_words(one: Words, text: str) -> str:
    if one.relation == "at least":
        return text
    kept: list[str] = []
    for row in _sentences(text):
        if one.fault(" ".join([*kept, row])):
            break
        kept.append(row)
    return " ".join(kept) or " ".join(text.split()[: max(1, one.count // 2)])


def _fewer_sentences(one: Sentences, text: str) -> str:
    return text if one.relation == "at least" else " ".join(_sentences(text)[: one.count - 1])


def _nth(one: NthParagraph, text: str) -> str:
    parts = _parts(text, one.count)
    if len(parts) == one.count:
        place = one.nth - 1
        parts[place] = f"{one.word.capitalize()}, {parts[place][:1].lower()}{parts[place][1:]}"
    return "\n\n".join(parts)


def _with_words(one: Keywords, text: str) -> str:
    missing = [word for word in one.words if Keywords(words=(word,)).fault(text)]
    return f"{text.rstrip()} It also has to do with {' and '.join(missing)}."


def _without_words(one: Forbidden, text: str) -> str:
    return " ".join(row for row in _sentences(text) if not one.fault(row))


def _letters(one: Letters, text: str) -> str:
    if one.relation == "less than":
        return " ".join(row for row in _sentences(text) if one.letter not in row.lower()) or text
    if one.letter == "!":
        return text.replace(".", "!")
    if one.letter == "#":
        tags = [word for word in re.findall(r"[A-Za-z]{5,}", text)][: one.count]
        return f"{text.rstrip()} {' '.join(f'#{tag}' for tag in tags)}"
    return text


def _capital_words(one: CapitalWords, text: str) -> str:
    if one.relation == "less than":
        return re.sub(r"\b[A-Z]{2,}\b", lambda found: found[0].capitalize(), text)
    count = one.count
    return re.sub(r"\b[A-Za-z]{6,}\b", lambda found: found[0].upper(), text, count=count)


def _bullets(one: Bullets, text: str) -> str:
    return "\n".join(f"* {part}" for part in _parts(text.replace("*", ""), one.count))


def _highlights(one: Highlights, text: str) -> str:
    rows = text.replace("*", "").split(" ")
    longest = sorted(range(len(rows)), key=lambda n: (-len(rows[n].strip(".,;:!?\n")), n))
    for place in longest[: one.count]:
        rows[place] = re.sub(r"\w[\w'-]*", lambda found: f"*{found[0]}*", rows[place], count=1)
    return " ".join(rows)


def _sections(one: Sections, text: str) -> str:
    parts = enumerate(_parts(text, one.count), 1)
    return "\n\n".join(f"{one.head} {number}\n{part}" for number, part in parts)


def _title(one: Title, text: str) -> str:
    head = re.sub(r"[^\w' -]", "", next(iter(_sentences(text)), "A title"))
    return f"<<{' '.join(head.split()[:6])}>>\n\n{text}"


def _json(one: Json, text: str) -> str:
    return json.dumps({"text": _sentences(text)}, ensure_ascii=False, indent=1)


def _two(one: TwoAnswers, text: str) -> str:
    return "\n******\n".join(_parts(text.replace("*", ""), 2))


def _places(one: Placeholders, text: str) -> str:
    found = len(re.findall(r"\[[^\[\]\n]*+\]", text))
    return f"{text.rstrip()}\n\n{' '.join((_PLACES * 2)[: one.count - found])}"


def _sign(one: Without, text: str) -> str:
    return re.sub(r"  +", " ", text.replace(one.sign, _INSTEAD.get(one.sign, " ")))


def _postscript(one: Postscript, text: str) -> str:
    return f"{text.rstrip()}\n\n{one.marker} {(_sentences(text) or ['More soon.'])[0]}"


# What cuts comes before what lays out, and what wraps comes last.
_MENDS: tuple[tuple[type[Constraint], Callable[[Any, str], str]], ...] = (
    (Forbidden, _without_words),
    (Sentences, _fewer_sentences),
    (Words, _fewer_words),
    (Letters, _letters),
    (Keywords, _with_words),
    (Without, _sign),
    (Bullets, _bullets),
    (Paragraphs, lambda one, text: "\n\n***\n\n".join(_parts(text.replace("*", ""), one.count))),
    (NthParagraph, _nth),
    (Sections, _sections),
    (TwoAnswers, _two),
    (Highlights, _highlights),
    (Placeholders, _places),
    (CapitalWords, _capital_words),
    (Title, _title),
    (Postscript, _postscript),
    (Ending, lambda one, text: f"{text.rstrip()}\n\n{one.phrase}"),
    (Capitals, lambda one, text: text.upper()),
    (SmallLetters, lambda one, text: text.lower()),
    (Json, _json),
    (Quotation, lambda one, text: '"' + text.strip().strip('"').replace('"', "'") + '"'),
    (RepeatedRequest, lambda one, text: f"{one.request}\n\n{text}"),
)
