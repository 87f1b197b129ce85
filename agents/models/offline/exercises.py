"""Exercises that a program checks: the right answer, and what the checker has to know.

Both follow from the task's words and the text, so they hold for the task as it stands, also after an edit,
and a contender that knows the procedure finds the answer in what it has read.
"""

import json
from collections import Counter

from .asking import Asked, Procedure
from .text import NUMBER, content_words, sentences


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


def _label(asked: Asked, text: str) -> str:
    counts = word_counts(text)
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
