"""What can be done to a text: exact edits and looser rewritings, asked for in words and carried out.

One table (`edits` in `words.yaml`) serves the writer, who goes by what a leaf's definition says, the
contender, who does what a task says, and the juror, who compares.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from .question import QUOTED
from .text import (
    NAME,
    NUMBER,
    content_words,
    exchanged,
    exchanges,
    listed,
    lower_first,
    read_text,
    sentences,
    words,
)

Pairs = tuple[Sequence[str], Sequence[str]]
"""Terms and replacements of a check: see `tools.checkers`."""

_MONTHS = "January February March April May June July August September October November December"
_DATE = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTHS.replace(' ', '|')})"
    rf"|({_MONTHS.replace(' ', '|')}) (\d{{1,2}})(?:st|nd|rd|th)?),? (\d{{4}})\b"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]|\.\d)")
_TAGGED = {"NUMBER": NUMBER, "NAME": NAME}
_STYLES = {"bold": "**{}**", "italic": "*{}*", "strikethrough": "~~{}~~", "code": "`{}`"}


def _whole(named: Sequence[str], flags: int = 0) -> re.Pattern[str]:
    """Match any of the words as a whole word, the longest first; exact spelling unless told."""
    longest = sorted(named, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", flags)


def _normal(value: str) -> str:
    if date := _DATE.fullmatch(value):
        names = list(map(str, _MONTHS.split()))
        month = names.index(date[2] or date[3]) + 1
        return f"{date[5]}-{month:02}-{int(date[1] or date[4]):02}"
    return value.replace(",", "")


def _values(text: str) -> dict[str, str]:
    """Return the dates and the numbers with thousands separators, with their normal forms."""
    found = (m[0] for pattern in (_DATE, _THOUSANDS) for m in pattern.finditer(text))
    return {value: _normal(value) for value in found}


def _picked(choices: Sequence[str], task: str) -> str:
    return next((choice for choice in choices if choice in task), choices[0])


def _replace(text: str, named: Sequence[str], _: str) -> str:
    table = dict(zip(named[::2], named[1::2], strict=False))
    return _whole(named[::2]).sub(lambda m: table.get(m[0], m[0]), text)


def _remove(text: str, named: Sequence[str], task: str) -> str:
    if mark := re.search(r"\[[A-Z]+\]", task):
        return _whole(named).sub(mark[0], text)
    return re.sub(rf"[ \t]?{_whole(named).pattern}", "", text).lstrip(" ")


def _case(text: str, named: Sequence[str], task: str) -> str:
    change = {"upper": str.upper, "lower": str.lower, "initials": _initials}[_case_of(task)]
    return _whole(named).sub(lambda m: change(m[0]), text) if named else change(text)


def _initials(text: str) -> str:
    return re.sub(r"(?<!\S)([^\w\s]*)(\w)", lambda m: m[1] + m[2].upper(), text)


def _case_of(task: str) -> str:
    return "initials" if "first letter" in task else _picked(("upper", "lower"), task)


def _style(text: str, named: Sequence[str], task: str) -> str:
    form = _STYLES[_picked(tuple(_STYLES), task)]
    return _whole(named).sub(lambda m: form.format(m[0]), text)


def _tag(text: str, _: Sequence[str], task: str) -> str:
    tag = _picked(tuple(_TAGGED), task)
    return _TAGGED[tag].sub(rf"<{tag}>\g<0></{tag}>", text)


def _format(text: str, named: Sequence[str], task: str) -> str:
    rows = sentences(text)
    if "JSON" in task:
        key = named[0] if named else "sentence"
        return json.dumps([{key: row} for row in rows], ensure_ascii=False, indent=1)
    return "\n".join(
        f"{at}. {row}" if "numbered" in task else f"- {row}" for at, row in enumerate(rows, 1)
    )


def _avoid(text: str, named: Sequence[str], _: str) -> str:
    """Say it with another word where one is known, else with the plainest one."""
    other = {**exchanges("plain"), **exchanges("synonyms")}
    return _whole(named, re.I).sub(lambda m: other.get(m[0].lower(), "it"), text)


def _expand(text: str, _: Sequence[str], __: str) -> str:
    """Follow the text with a recap of its weightiest sentences."""
    found = read_text(text)
    recap = " ".join(found.best(frozenset(found.frequent[:8]), 2))
    again = exchanged("synonyms", lower_first(recap))
    return f"{text.rstrip()}\n\nTo put it in more detail: {recap} In other words, {again}"


def _simplify(text: str, _: Sequence[str], __: str) -> str:
    """Use plain words and break sentences at their joints."""
    text = re.sub(r";\s+(\w)", lambda m: f". {m[1].upper()}", exchanged("plain", text))
    text = re.sub(r",? because (?=\w+ \w+)", ". This is because ", text)
    return re.sub(r", (and|but|so) (?=\w+ \w+ \w+)", lambda m: f". {m[1].capitalize()} ", text)


def _switch(text: str, _: Sequence[str], __: str) -> str:
    rows = sentences(text)
    return " ".join(exchanged("spanish", s) if i % 2 else s for i, s in enumerate(rows))


def _condense(text: str, _: Sequence[str], __: str) -> str:
    found = read_text(text)
    chosen = set(found.best(frozenset(found.frequent[:12]), 3))
    return " ".join(s for s in found.sentences if s in chosen)


# From the text, what the task names, and the task.
_DO: dict[str, Callable[[str, Sequence[str], str], str]] = {
    "normalise": lambda text, _, __: _DATE.sub(
        lambda m: _normal(m[0]), _THOUSANDS.sub(lambda m: _normal(m[0]), text)
    ),
    "avoid": _avoid,
    "replace": _replace,
    "remove": _remove,
    "style": _style,
    "case": _case,
    "tag": _tag,
    "hide": lambda text, named, _: _whole(named or ("it",), re.I).sub("something", text),
    "format": _format,
    "switch": _switch,
    "translate": lambda text, _, __: exchanged("spanish", text),
    "mood": lambda text, _, __: exchanged("mood", text),
    "simplify": _simplify,
    "expand": _expand,
    "condense": _condense,
    "reword": lambda text, _, __: exchanged("synonyms", text),
}
# From what the task names, the task and the text; what is not here no program can check.
_CHECK: dict[str, Callable[[Sequence[str], str, str], Pairs]] = {
    "normalise": lambda _, __, text: (tuple(_values(text)), tuple(_values(text).values())),
    "avoid": lambda named, _, __: (("avoid_word",) * len(named), named),
    "replace": lambda named, _, __: (named[::2], named[1::2]),
    "remove": lambda named, task, _: (named, re.findall(r"\[[A-Z]+\]", task)[:1]),
    "style": lambda named, task, _: (named, (_picked(tuple(_STYLES), task),) * len(named)),
    "case": lambda named, task, _: ((_case_of(task), *named), ()),
    "tag": lambda _, task, __: ((_picked(tuple(_TAGGED), task),), ()),
    "hide": lambda named, _, __: (named, ()),
    "format": lambda named, task, _: (
        (("json",), named)
        if "JSON" in task
        else (("numbered_list" if "numbered" in task else "bullet_list",), ())
    ),
}


@cache
def _patterns() -> list[tuple[re.Pattern[str], re.Pattern[str], dict[str, Any]]]:
    flags = re.I | re.S
    return [
        (re.compile(e["told"], flags), re.compile(e["asked"], flags), e) for e in words("edits")
    ]


@dataclass(frozen=True, slots=True)
class Edit:
    """What a task asks to be done to a text."""

    do: str
    named: tuple[str, ...]
    task: str

    @property
    def exact(self) -> bool:
        """Whether a program could check it."""
        return self.do in _CHECK

    def apply(self, text: str) -> str:
        """Carry it out; all that it does not touch stays byte for byte."""
        return _DO[self.do](text, self.named, self.task)

    def check(self, text: str) -> Pairs:
        """Return what a checker has to know about it."""
        return _CHECK[self.do](self.named, self.task, text) if self.exact else ((), ())


@lru_cache(maxsize=1024)
def read_edit(task: str) -> Edit | None:
    """Return the edit that a task asks for, or None when it asks for something else."""
    # What stands in quotation marks after the first sentences belongs to added demands.
    lead = task.partition("\n")[0][:240].partition(". ")[0] + "."
    if "?" in lead or not re.search(r"\b(?:text|passage)\b", lead):
        return None
    do = next((edit["do"] for _, asked, edit in _patterns() if asked.search(lead)), "")
    return Edit(do, tuple(QUOTED.findall(lead)), task) if do else None


def ask_edit(definition: str, text: str, rng: random.Random) -> str:
    """Word a task for a text, as a definition tells; empty where the text gives nothing to do."""
    told = next(edit for told, _, edit in _patterns() if told.search(definition))
    named = _distinct_words(text)
    if len(named) < 3:
        return ""
    picked = rng.sample(named, 3)
    new = rng.choice(("item", "matter", "element", "factor", "unit", "detail"))
    ask = str(rng.choice(told["asks"])).replace(
        "=", "Change nothing else, and return only the text."
    )
    quoted = [f'"{word}"' for word in picked]
    task = ask.format(*quoted, w=new, p=f"which speaks of {listed(picked[1:])}")
    edit = read_edit(task)
    idle = edit is None or (edit.exact and (edit.apply(text) == text or not edit.check(text)[0]))
    return "" if idle else task


@lru_cache(maxsize=256)
def _distinct_words(text: str) -> list[str]:
    """Return longer words that the text has in one spelling, standing alone: no doubt what is meant."""
    found = {w for w in content_words(text) if w.isalpha() and len(w) > 4}
    spellings = Counter(w.lower() for w in found)
    low = text.lower()
    return sorted(
        w for w in found if spellings[w.lower()] == 1 and low.count(w.lower()) == text.count(w)
    )
