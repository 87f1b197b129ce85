"""Exercises that a program checks: for each checker a way to ask, the arguments, and the right answer.

A task is known again by its wording; so its arguments follow from the task as it stands, also after an edit,
and a contender that knows the procedure finds the answer in what it has read.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .bench import Bench
from .text import NUMBER, Text, content_words

Pairs = tuple[Sequence[str], Sequence[str]]
Found = re.Match[str]

_ESTIMATE = re.compile(r"\b(?:roughly|estimat\w+|order of magnitude)\b", re.I)


@dataclass(frozen=True)
class Exercise:
    """One kind of task with a checker."""

    asked: re.Pattern[str]
    ask: Callable[[Bench], str]
    """A task; empty where the passage gives none."""
    check: Callable[[Found, Text], Pairs]
    """Terms and replacements; nothing where the text has no answer."""
    answer: Callable[[Found, Text], str]


def _figures(text: Text) -> list[str]:
    """Return the numbers of a text as it writes them, each once, where they stand alone."""
    rows = dict.fromkeys(NUMBER.findall(" ".join(text.sentences)))
    return [row for row in rows if not any(row != other and row in other for other in rows)]


def _longer_words(text: Text) -> list[str]:
    return list(dict.fromkeys(w for w in content_words(" ".join(text.sentences)) if len(w) > 9))


def _ask_extraction(bench: Bench) -> str:
    what = "number" if 2 <= len(_figures(bench.passage)) <= 12 else "word of more than nine letters"
    found = _extracted(what, bench.passage)
    return f"List every {what} that stands in the text, as it is written there, one on a line." * (
        2 <= len(found) <= 25
    )


def _extracted(what: str, text: Text) -> list[str]:
    return _figures(text) if what == "number" else _longer_words(text)


def _ask_label(bench: Bench) -> str:
    ranked = [w for w, _ in _counts(bench.passage).most_common(12)]
    if len(ranked) < 8:
        return ""
    labels = [ranked[0], *bench.rng.sample(ranked[4:], 2)]
    bench.rng.shuffle(labels)
    named = ", ".join(f'"{label}"' for label in labels)
    return f"Which of these labels fits the text best: {named}? Answer with the label alone."


def _counts(text: Text) -> Counter[str]:
    return Counter(w.lower() for s in text.sentences for w in content_words(s) if len(w) > 4)


def _labels(found: Found) -> list[str]:
    return re.findall(r'"([^"]+)"', found[1])


def _label(found: Found, text: Text) -> str:
    counts = _counts(text)
    return max(_labels(found), key=lambda label: counts[label])


def _ask_number(bench: Bench) -> str:
    rng, about = bench.rng, bench.topic() if bench.passage.usable else "a shelf"
    one, other = rng.randrange(12, 90), rng.randrange(3, 12)
    if _ESTIMATE.search(f"{bench.definition} {bench.form}"):
        return (
            f"Roughly, for a note on {about}: a book has {one * 10} pages with {other * 200} letters each. "
            "About how many letters does it hold? Give a number."
        )
    return (
        f"For a note on {about}: {one} boxes hold {other} sheets each, and {other} sheets are lost. "
        "How many sheets are left? Give a number."
    )


def _value(found: Found) -> int:
    one, other = (int(found[name]) for name in ("one", "other"))
    return one * other if found["lost"] is None else one * other - int(found["lost"])


def _ask_json(bench: Bench) -> str:
    words = _longer_words(bench.passage)
    return (
        'Give a JSON object with exactly two fields: "subject", a string, the longest word of the text, and '
        '"sentences", a number, how many sentences it has.'
    ) * bool(words)


def _json(_: Found, text: Text) -> str:
    longest = max(_longer_words(text) or ["text"], key=len)
    return json.dumps({"subject": longest, "sentences": len(text.sentences)}, ensure_ascii=False)


def _ask_citing(bench: Bench) -> str:
    return f"What do the files say about {bench.topic()}? Cite at least one line by its mark."


_CODE = {
    "count_word": (
        'returns how often the word "{w}" stands in a text as a word of its own, whatever its capitals',
        'import re\n\n\ndef count_word(text):\n    return len(re.findall(r"\\b{w}\\b", text.lower()))',
        ('assert count_word("{w} {W}, {w}s") == 2', 'assert count_word("") == 0'),
    ),
    "longest_word": (
        'returns the longest word of a text, without signs around it, the first of several, such as "{w}"',
        "import re\n\n\ndef longest_word(text):\n"
        '    return max(re.findall(r"\\w+", text), key=len, default="")',
        ('assert longest_word("a {w}, bb") == "{w}"', 'assert longest_word("") == ""'),
    ),
}


def _ask_code(bench: Bench) -> str:
    words = [w.lower() for w in content_words(bench.sentence()) if w.isascii() and w.isalpha()]
    name = bench.rng.choice(sorted(_CODE))
    word = max(words, key=len, default="tide")
    return f"Write a Python function `{name}(text)` that {_CODE[name][0].format(w=word)}."


def _code(found: Found, at: int) -> list[str]:
    parts = _CODE[found[1]][at]
    rows = [parts] if isinstance(parts, str) else list(parts)
    return [row.replace("{w}", found[2]).replace("{W}", found[2].upper()) for row in rows]


EXERCISES = {
    "extraction": Exercise(
        re.compile(r"List every (number|word of more than nine letters) that stands in the text"),
        _ask_extraction,
        lambda found, text: (_extracted(found[1], text), ()),
        lambda found, text: "\n".join(_extracted(found[1], text)),
    ),
    "label": Exercise(
        re.compile(r"labels fits the text best: ([^?]+)\?"),
        _ask_label,
        lambda found, text: ([_label(found, text)], _labels(found)),
        _label,
    ),
    "number": Exercise(
        re.compile(
            r"(?P<one>\d+) (?:boxes hold|pages with) (?P<other>\d+) (?:sheets|letters) each"
            r"(?:, and (?P<lost>\d+) sheets)?"
        ),
        _ask_number,
        lambda found, _: ([str(_value(found))], ["x10"] if found["lost"] is None else []),
        lambda found, _: f"That makes {_value(found)}",
    ),
    "json_object": Exercise(
        re.compile(r'JSON object with exactly two fields: "subject"'),
        _ask_json,
        lambda _, text: (
            (["subject:string", "sentences:number"], []) if text.sentences else ((), ())
        ),
        _json,
    ),
    "citations": Exercise(
        re.compile(r"What do the files say about .+ Cite at least one line"),
        _ask_citing,
        lambda _, __: (["1"], []),
        lambda _, __: "",
    ),
    "code_tests": Exercise(
        re.compile(r'Python function `(count_word|longest_word)\(text\)` that [^"]*"([a-z]+)"'),
        _ask_code,
        lambda found, _: (_code(found, 2), []),
        lambda found, _: f"```python\n{_code(found, 1)[0]}\n```",
    ),
}


def check_of(checker: str, task: str, passage: Text) -> Pairs:
    """Return the arguments of a checker for a task as it stands."""
    exercise = EXERCISES[checker]
    found = exercise.asked.search(task)
    return exercise.check(found, passage) if found else ((), ())


def answer_to(task: str, context: Text) -> str:
    """Return the answer of whoever knows the procedure and has read the context; empty for other tasks."""
    for exercise in EXERCISES.values():
        if found := exercise.asked.search(task):
            return exercise.answer(found, context)
    return ""
