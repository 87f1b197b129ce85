"""What is done to a text and asked of it: exact edits, looser rewritings, exercises that a program checks.

The contender does what a task says, the juror compares with it, and a checker is told what it has to know.
All follows from the words of the task and the text, so it holds for the task as it stands, also after an
edit.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence

from ....tools.checkers.values import dates
from .asking import Asked, Procedure
from .text import (
    NAME,
    NUMBER,
    content_words,
    exchanged,
    exchanges,
    lower_first,
    read_text,
    sentences,
)

_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]|\.\d)")
_MARKER = re.compile(r"\[[A-Z]+\]")
# The last of a table is meant where a task speaks of none.
_TAGS = {"NAME": NAME, "NUMBER": NUMBER}
_STYLES = {"italic": "*{}*", "strikethrough": "~~{}~~", "code": "`{}`", "bold": "**{}**"}
_CASES: dict[str, Callable[[str], str]] = {
    "first letter": lambda text: re.sub(
        r"(?<!\S)([^\w\s]*)(\w)", lambda m: m[1] + m[2].upper(), text
    ),
    "lower": str.lower,
    "upper": str.upper,
}


def _each(
    named: Sequence[str], text: str, change: Callable[[str], str], flags: int = 0, before: str = ""
) -> str:
    """Return a text with any of the words, where it stands as a whole, changed; the longest first."""
    if not named:
        return text
    longest = "|".join(map(re.escape, sorted(named, key=len, reverse=True)))
    return re.sub(rf"{before}(?<!\w)(?:{longest})(?!\w)", lambda m: change(m[0]), text, flags=flags)


def _values(text: str) -> dict[str, str]:
    """Return the dates and the numbers with thousands separators, with their normal forms."""
    found = {match[0]: min(days).isoformat() for match, days in dates(text) if len(days) == 1}
    found |= {match[0]: match[0].replace(",", "") for match in _THOUSANDS.finditer(text)}
    return {value: normal for value, normal in found.items() if value != normal}


def _normalise(_: Asked, text: str) -> str:
    table = _values(text)
    return _each(list(table), text, table.__getitem__)


def _replace(edit: Asked, text: str) -> str:
    table = dict(zip(edit.named[::2], edit.named[1::2], strict=False))
    return _each(list(table), text, table.__getitem__)


def _remove(edit: Asked, text: str) -> str:
    if mark := _MARKER.search(edit.task):
        return _each(edit.named, text, lambda _: mark[0])
    return _each(edit.named, text, lambda _: "", before=r"[ \t]?").lstrip(" ")


def _case(edit: Asked, text: str) -> str:
    change = _CASES[edit.said(_CASES)]
    return _each(edit.named, text, change) if edit.named else change(text)


def _tag(edit: Asked, text: str) -> str:
    tag = edit.said(_TAGS)
    return _TAGS[tag].sub(rf"<{tag}>\g<0></{tag}>", text)


def _format(edit: Asked, text: str) -> str:
    rows = sentences(text)
    if "JSON" in edit.task:
        key = edit.named[0] if edit.named else "sentence"
        return json.dumps([{key: row} for row in rows], ensure_ascii=False, indent=1)
    numbered = "numbered" in edit.task
    return "\n".join(f"{f'{at}.' if numbered else '-'} {row}" for at, row in enumerate(rows, 1))


def _avoid(edit: Asked, text: str) -> str:
    """Say it with another word where one is known, else with the plainest one."""
    other = {**exchanges("plain"), **exchanges("synonyms")}
    return _each(edit.named, text, lambda word: other.get(word.lower(), "it"), re.I)


def _expand(_: Asked, text: str) -> str:
    """Follow the text with a recap of its weightiest sentences."""
    recap = " ".join(read_text(text).main(2))
    again = exchanged("synonyms", lower_first(recap))
    return f"{text.rstrip()}\n\nTo put it in more detail: {recap} In other words, {again}"


def _simplify(_: Asked, text: str) -> str:
    """Use plain words and break sentences at their joints."""
    text = re.sub(r";\s+(\w)", lambda m: f". {m[1].upper()}", exchanged("plain", text))
    text = re.sub(r",? because (?=\w+ \w+)", ". This is because ", text)
    return re.sub(r", (and|but|so) (?=\w+ \w+ \w+)", lambda m: f". {m[1].capitalize()} ", text)


def _switch(_: Asked, text: str) -> str:
    rows = sentences(text)
    return " ".join(exchanged("spanish", s) if i % 2 else s for i, s in enumerate(rows))


EDITS = {
    "normalise": Procedure(
        _normalise, lambda _, text: (tuple(_values(text)), tuple(_values(text).values()))
    ),
    "avoid": Procedure(_avoid, lambda edit, _: (("avoid_word",) * len(edit.named), edit.named)),
    "replace": Procedure(_replace, lambda edit, _: (edit.named[::2], edit.named[1::2])),
    "remove": Procedure(_remove, lambda edit, _: (edit.named, _MARKER.findall(edit.task)[:1])),
    "style": Procedure(
        lambda edit, text: _each(edit.named, text, _STYLES[edit.said(_STYLES)].format),
        lambda edit, _: (edit.named, (edit.said(_STYLES),) * len(edit.named)),
    ),
    "case": Procedure(
        _case,
        lambda edit, _: ((edit.said(_CASES).replace("first letter", "initials"), *edit.named), ()),
    ),
    "tag": Procedure(_tag, lambda edit, _: ((edit.said(_TAGS),), ())),
    "hide": Procedure(
        lambda edit, text: _each(edit.named or ("it",), text, lambda _: "something", re.I),
        lambda edit, _: (edit.named, ()),
    ),
    "format": Procedure(
        _format,
        lambda edit, _: (
            (("json",), edit.named)
            if "JSON" in edit.task
            else (("numbered_list" if "numbered" in edit.task else "bullet_list",), ())
        ),
    ),
    "switch": Procedure(_switch),
    "translate": Procedure(lambda _, text: exchanged("spanish", text)),
    "mood": Procedure(lambda _, text: exchanged("mood", text)),
    "simplify": Procedure(_simplify),
    "expand": Procedure(_expand),
    "condense": Procedure(lambda _, text: " ".join(read_text(text).main(3))),
    "reword": Procedure(lambda _, text: exchanged("synonyms", text)),
}


def _longer_words(text: str) -> list[str]:
    return list(dict.fromkeys(w for w in content_words(" ".join(sentences(text))) if len(w) > 9))


def _extracted(asked: Asked, text: str) -> list[str]:
    if asked.found[1] != "number":
        return _longer_words(text)
    rows = dict.fromkeys(NUMBER.findall(" ".join(sentences(text))))
    return [row for row in rows if not any(row != other and row in other for other in rows)]


def word_counts(text: str) -> Counter[str]:
    """Return how often each longer word stands in a text, in small letters."""
    return Counter(w.lower() for s in sentences(text) for w in content_words(s) if len(w) > 4)


NOTE = "A note reads: "
"""Begins a task that brings its own text."""


def _label(asked: Asked, text: str) -> str:
    note = asked.task.startswith(NOTE)
    counts = word_counts(
        asked.task.removeprefix(NOTE).rpartition(" Which of ")[0] if note else text
    )
    return max(asked.named, key=lambda label: counts[label])


def _reckoned(asked: Asked, _: str) -> str:
    return str(int(asked.found[1]) * int(asked.found[2]) - int(asked.found[3] or 0))


def _record(_: Asked, text: str) -> str:
    longest = max(_longer_words(text) or ["text"], key=len)
    return json.dumps({"subject": longest, "sentences": len(sentences(text))}, ensure_ascii=False)


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


EXERCISES = {
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
    "cite": Procedure(lambda _, __: "", lambda _, __: (["1"], [])),
}
