"""What is done to a text and asked of it: edits, rewritings, questions about it, exercises.

The contender does what a task says, the juror compares with it, and a checker is told what it has to know.
All follows from the words of the task and the text, so it holds for the task as it stands, also after an
edit.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ....tools.checkers.edits import CHANGES
from ....tools.checkers.markup import STYLES
from ....tools.checkers.values import dates
from .asking import ITEM, KNOWN, QUOTED, SCAFFOLD, Asked, query_of
from .text import (
    NAME,
    NUMBER,
    Text,
    bare,
    content_words,
    exchanged,
    lower_first,
    read_text,
    same_claim,
    stem,
    stems,
    words,
)

UNSTATED = "The passage does not state this, so the question cannot be answered from it."
Pairs = tuple[Sequence[str], Sequence[str]]
"""Terms and replacements of a check: see `tools.checkers`."""


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer found, and the sentence that it rests on."""

    text: str
    evidence: str = ""
    kind: str = "open"
    """How it is held against another: `option`, `marks`, `value`, `text` (word by word), or `open`."""
    known: bool = True
    """False when the context does not seem to hold the answer."""


class Procedure(NamedTuple):
    """How what is asked for is found in a text, or done to it."""

    answer: Callable[[Asked, Text], Solution | str | None]
    """A text is held against others word by word; None where nothing is found."""
    check: Callable[[Asked, Text], Pairs] | None = None
    """What a checker has to know; None where no program can check it."""


_BLANK = re.compile(r"_{3,}")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]|\.\d)")
_MARKER = re.compile(r"\[[A-Z]+\]")
# The last of a table is meant where a task speaks of none.
_TAGS = {"NAME": NAME, "NUMBER": NUMBER}
_STYLES = ("italic", "strikethrough", "code", "bold")
_CASES = {"first letter": "initials", "lower": "lower", "upper": "upper"}


def _each(
    named: Sequence[str], text: str, change: Callable[[str], str], flags: int = 0, before: str = ""
) -> str:
    """Return a text with any of the words, where it stands as a whole, changed; the longest first."""
    if not named:
        return text
    longest = "|".join(map(re.escape, sorted(named, key=len, reverse=True)))
    return re.sub(rf"{before}(?<!\w)(?:{longest})(?!\w)", lambda m: change(m[0]), text, flags=flags)


def _exchange(pairs: Pairs, text: Text) -> str:
    table = dict(zip(*pairs, strict=False))
    return _each(list(table), text.text, table.__getitem__)


def _values(_: Asked, text: Text) -> Pairs:
    """Return the dates and the numbers with thousands separators, with their normal forms."""
    found = {match[0]: min(days).isoformat() for match, days in dates(text.text) if len(days) == 1}
    found |= {match[0]: match[0].replace(",", "") for match in _THOUSANDS.finditer(text.text)}
    told = [(value, normal) for value, normal in found.items() if value != normal]
    return [value for value, _ in told], [normal for _, normal in told]


def _named_pairs(edit: Asked, _: Text) -> Pairs:
    return edit.named[::2], edit.named[1::2]


def _remove(edit: Asked, text: Text) -> str:
    if mark := _MARKER.search(edit.task):
        return _each(edit.named, text.text, lambda _: mark[0])
    return _each(edit.named, text.text, lambda _: "", before=r"[ \t]?").lstrip(" ")


def _case(edit: Asked, text: Text) -> str:
    change = CHANGES[_CASES[edit.said(_CASES)]]
    return _each(edit.named, text.text, change) if edit.named else change(text.text)


def _tag(edit: Asked, text: Text) -> str:
    tag = edit.said(_TAGS)
    return _TAGS[tag].sub(rf"<{tag}>\g<0></{tag}>", text.text)


def _format(edit: Asked, text: Text) -> str:
    if "JSON" in edit.task:
        key = edit.named[0] if edit.named else "sentence"
        return json.dumps([{key: row} for row in text.sentences], ensure_ascii=False, indent=1)
    numbered = "numbered" in edit.task
    rows = enumerate(text.sentences, 1)
    return "\n".join(f"{f'{at}.' if numbered else '-'} {row}" for at, row in rows)


def _formatted(edit: Asked, _: Text) -> Pairs:
    if "JSON" in edit.task:
        return ("json",), edit.named
    return ("numbered_list" if "numbered" in edit.task else "bullet_list",), ()


def _avoid(edit: Asked, text: Text) -> str:
    """Say it with another word where one is known, else with the plainest one."""
    other = words("plain") | words("synonyms")
    return _each(edit.named, text.text, lambda word: other.get(word.lower(), "it"), re.I)


def _expand(_: Asked, text: Text) -> str:
    """Follow the text with a recap of its weightiest sentences."""
    recap = " ".join(text.main(2))
    again = exchanged("synonyms", lower_first(recap))
    return f"{text.text.rstrip()}\n\nTo put it in more detail: {recap} In other words, {again}"


def _simplify(_: Asked, text: Text) -> str:
    """Use plain words and break sentences at their joints."""
    plain = re.sub(r";\s+(\w)", lambda m: f". {m[1].upper()}", exchanged("plain", text.text))
    plain = re.sub(r",? because (?=\w+ \w+)", ". This is because ", plain)
    return re.sub(r", (and|but|so) (?=\w+ \w+ \w+)", lambda m: f". {m[1].capitalize()} ", plain)


def _switch(_: Asked, text: Text) -> str:
    rows = enumerate(text.sentences)
    return " ".join(exchanged("spanish", s) if i % 2 else s for i, s in rows)


def _exchanging(table: str) -> Procedure:
    return Procedure(lambda _, text: exchanged(table, text.text))


def _longer_words(text: Text) -> list[str]:
    return list(dict.fromkeys(w for w in content_words(" ".join(text.sentences)) if len(w) > 9))


def _extracted(asked: Asked, text: Text) -> list[str]:
    if asked.found[1] != "number":
        return _longer_words(text)
    rows = dict.fromkeys(NUMBER.findall(" ".join(text.sentences)))
    return [row for row in rows if not any(row != other and row in other for other in rows)]


def word_counts(text: Text) -> Counter[str]:
    """Return how often each longer word stands in a text, in small letters."""
    return Counter(w.lower() for s in text.sentences for w in content_words(s) if len(w) > 4)


NOTE = "A note reads: "
"""Begins a task that brings its own text."""


def _label(asked: Asked, text: Text) -> str:
    note = asked.task.removeprefix(NOTE).rpartition(" Which of ")[0]
    counts = word_counts(read_text(note) if asked.task.startswith(NOTE) else text)
    return max(asked.named, key=lambda label: counts[label])


def _reckoned(asked: Asked, _: Text) -> str:
    return str(int(asked.found[1]) * int(asked.found[2]) - int(asked.found[3] or 0))


def _record(_: Asked, text: Text) -> str:
    longest = max(_longer_words(text) or ["text"], key=len)
    return json.dumps({"subject": longest, "sentences": len(text.sentences)}, ensure_ascii=False)


# A solution, and tests of it, by the function's name; {w} is the word that the task names.
_CODE = {
    "count_word": (
        'import re\n\n\ndef count_word(text):\n    return len(re.findall(r"\\b{w}\\b", text.lower()))',
        ('assert count_word("{w} {W}, {w}s") == 2', 'assert count_word("") == 0'),
    ),
    "longest_word": (
        "import re\n\n\ndef longest_word(text):\n"
        '    return max(re.findall(r"\\w+", text), key=len, default="")',
        ('assert longest_word("a {w}, bb") == "{w}"', 'assert longest_word("") == ""'),
    ),
}


def _named(code: str, asked: Asked) -> str:
    return code.replace("{w}", asked.found[2]).replace("{W}", asked.found[2].upper())


def _gap(asked: Asked, text: Text) -> Solution:
    """Find what fills a gap: what the best sentence holds at its place."""
    statement = next((s for s in QUOTED.findall(asked.task) if _BLANK.search(s)), asked.task)
    before, after = _BLANK.split(statement, maxsplit=1)
    told = stems(f"{before} {after}") - SCAFFOLD
    best = next(iter(text.best(told)), "")
    if not best or text.cover(told, best) < KNOWN:
        return Solution(UNSTATED, known=False)
    around = rf"{re.escape(before.strip()[-25:])}\s*(.+?)\s*{re.escape(after.strip()[:25])}"
    if gap := re.search(around, best):
        return Solution(gap[1], best, "value")
    missing = [w for w in re.findall(r"[\w'’.,-]+", best) if stem(w) not in told and len(w) > 3]
    return Solution((missing or [best])[0], best, "value")


def _order(asked: Asked, text: Text) -> Solution | None:
    """Put listed items in the order in which the context tells them."""
    best = {label: text.best(stems(item)) for label, item in ITEM.findall(asked.task)}
    places = {label: text.sentences.index(rows[0]) if rows else 999 for label, rows in best.items()}
    ordered = sorted(places, key=lambda label: places[label])
    return Solution(", ".join(ordered), kind="marks") if len(ordered) > 1 else None


def _match(asked: Asked, text: Text) -> Solution | None:
    """Match numbered items with lettered ones by what the context says of both."""
    items = {label: stems(item) for label, item in ITEM.findall(asked.task)}
    right = {label: own for label, own in items.items() if not label.isdigit()}
    pairs = []
    for label in items.keys() - right.keys() if right else ():
        best = stems(" ".join(text.best(items[label])))
        near = {r: len(best & own) / (len(own) or 1) for r, own in right.items()}
        pairs.append(f"{label}-{max(near, key=lambda r: near[r])}")
    return Solution(", ".join(sorted(pairs)), kind="marks") if pairs else None


def _judge(asked: Asked, text: Text) -> Solution | None:
    """Say whether quoted statements are true according to the context."""
    stated = [s for s in asked.named if len(s) > 15]
    best = [next(iter(text.best(stems(s))), "") for s in stated]
    told = [
        str(same_claim(s, b) and len(stems(s) & stems(b)) >= 0.85 * len(stems(s)))
        for s, b in zip(stated, best, strict=True)
    ]
    if len(told) < 2:
        return Solution(f"{told[0]}.", best[0], "marks") if told else None
    return Solution(", ".join(f"{i}. {t}" for i, t in enumerate(told, 1)), best[0], "marks")


def _count(asked: Asked, text: Text) -> str | None:
    """Count the sentences of the context that hold a quoted term."""
    if not asked.named:
        return None
    whole = re.compile(rf"(?<!\w){re.escape(asked.named[0])}(?!\w)", re.I)
    return str(sum(bool(whole.search(s)) for s in text.sentences))


def _essay(asked: Asked, text: Text) -> Solution | None:
    """Answer at length: the sentences that bear on the question most, in their order."""
    best = text.best(query_of(asked.task) & text.stems or frozenset(text.frequent[:10]), 4)
    rows = [s for s in text.sentences if s in set(best)]
    closing = f"On balance, the passage rests on this: {bare(best[0])}." if best else ""
    return Solution(" ".join([*rows, closing]), best[0]) if best else None


PROCEDURES = {
    "normalise": Procedure(lambda edit, text: _exchange(_values(edit, text), text), _values),
    "avoid": Procedure(_avoid, lambda edit, _: (("avoid_word",) * len(edit.named), edit.named)),
    "replace": Procedure(
        lambda edit, text: _exchange(_named_pairs(edit, text), text), _named_pairs
    ),
    "remove": Procedure(_remove, lambda edit, _: (edit.named, _MARKER.findall(edit.task)[:1])),
    "style": Procedure(
        lambda edit, text: _each(edit.named, text.text, STYLES[edit.said(_STYLES)][0]),
        lambda edit, _: (edit.named, (edit.said(_STYLES),) * len(edit.named)),
    ),
    "case": Procedure(_case, lambda edit, _: ((_CASES[edit.said(_CASES)], *edit.named), ())),
    "tag": Procedure(_tag, lambda edit, _: ((edit.said(_TAGS),), ())),
    "hide": Procedure(
        lambda edit, text: _each(edit.named or ("it",), text.text, lambda _: "something", re.I),
        lambda edit, _: (edit.named, ()),
    ),
    "format": Procedure(_format, _formatted),
    "switch": Procedure(_switch),
    "translate": _exchanging("spanish"),
    "mood": _exchanging("mood"),
    "reword": _exchanging("synonyms"),
    "simplify": Procedure(_simplify),
    "expand": Procedure(_expand),
    "condense": Procedure(lambda _, text: " ".join(text.main(3))),
    "extract": Procedure(
        lambda asked, text: "\n".join(_extracted(asked, text)),
        lambda asked, text: (_extracted(asked, text), ()),
    ),
    "label": Procedure(_label, lambda asked, text: ([_label(asked, text)], asked.named)),
    # What is only estimated may be off by a factor.
    "reckon": Procedure(
        _reckoned,
        lambda asked, text: ([_reckoned(asked, text)], [] if asked.found[3] else ["x10"]),
    ),
    "record": Procedure(_record, lambda _, __: (["subject:string", "sentences:number"], [])),
    "code": Procedure(
        lambda asked, _: f"```python\n{_named(_CODE[asked.found[1]][0], asked)}\n```",
        lambda asked, _: ([_named(test, asked) for test in _CODE[asked.found[1]][1]], []),
    ),
    # What the files say is known once they were searched.
    "cite": Procedure(lambda _, __: None, lambda _, __: (["1"], [])),
    "blank": Procedure(_gap),
    "order": Procedure(_order),
    "match": Procedure(_match),
    "judge": Procedure(_judge),
    "count": Procedure(_count),
    "essay": Procedure(_essay),
}
