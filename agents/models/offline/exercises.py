"""Exercises that a program checks: the right answer, and what the checker has to know.

Both follow from the task's words and the text, so they hold for the task as it stands, also after an edit,
and a contender that knows the procedure finds the answer in what it has read.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from .asking import Pairs, ways
from .text import NUMBER, Text, content_words

Found = re.Match[str]


class Exercise(NamedTuple):
    """What one way of asking comes to, from how the task was known again and the text."""

    answer: Callable[[Found, Text], str]
    check: Callable[[Found, Text], Pairs]


def longer_words(text: Text) -> list[str]:
    """Return the words of more than nine letters."""
    return list(dict.fromkeys(w for w in content_words(" ".join(text.sentences)) if len(w) > 9))


def _extracted(found: Found, text: Text) -> list[str]:
    if found[1] != "number":
        return longer_words(text)
    rows = dict.fromkeys(NUMBER.findall(" ".join(text.sentences)))
    return [row for row in rows if not any(row != other and row in other for other in rows)]


def word_counts(text: Text) -> Counter[str]:
    """Return how often each longer word stands in a text, in small letters."""
    return Counter(w.lower() for s in text.sentences for w in content_words(s) if len(w) > 4)


def _labels(found: Found) -> list[str]:
    return re.findall(r'"([^"]+)"', found[1])


def _label(found: Found, text: Text) -> str:
    counts = word_counts(text)
    return max(_labels(found), key=lambda label: counts[label])


def _reckoned(found: Found, _: Text) -> str:
    return str(int(found[1]) * int(found[2]) - int(found[3] or 0))


def _record(_: Found, text: Text) -> str:
    longest = max(longer_words(text) or ["text"], key=len)
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


def _named(code: str, found: Found) -> str:
    return code.replace("{w}", found[2]).replace("{W}", found[2].upper())


EXERCISES = {
    "extract": Exercise(
        lambda found, text: "\n".join(_extracted(found, text)),
        lambda found, text: (_extracted(found, text), ()),
    ),
    "label": Exercise(_label, lambda found, text: ([_label(found, text)], _labels(found))),
    "reckon": Exercise(
        lambda found, text: f"That makes {_reckoned(found, text)}",
        # What is only estimated may be off by a factor.
        lambda found, text: ([_reckoned(found, text)], [] if found[3] else ["x10"]),
    ),
    "record": Exercise(_record, lambda _, __: (["subject:string", "sentences:number"], [])),
    "code": Exercise(
        lambda found, _: f"```python\n{_named(_CODE[found[1]][0], found)}\n```",
        lambda found, _: ([_named(test, found) for test in _CODE[found[1]][1]], []),
    ),
    # What the files say is known once they were searched.
    "cite": Exercise(lambda _, __: "", lambda _, __: (["1"], [])),
}


def known(task: str) -> tuple[Exercise, Found] | None:
    """Return the exercise that a task sets."""
    for way in ways("questions"):
        if way.do in EXERCISES and (found := way.asked.search(task)):
            return EXERCISES[way.do], found
    return None


def answer_to(task: str, text: Text) -> str:
    """Return the answer of whoever knows the procedure and has read the text; empty for other tasks."""
    exercise = known(task)
    return exercise[0].answer(exercise[1], text) if exercise else ""


def check_of(task: str, text: Text) -> Pairs:
    """Return what the checker of an exercise has to know; nothing for other tasks."""
    exercise = known(task)
    return exercise[0].check(exercise[1], text) if exercise else ((), ())
