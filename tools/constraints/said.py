"""Constraints read back out of a prompt, by the sentences that ask for them."""

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from .casing import CASING
from .constraint import Constraint
from .content import CONTENT, SIGNS, Without
from .frame import FRAME, RepeatedRequest
from .keywords import KEYWORDS
from .language import LANGUAGES
from .layout import LAYOUT
from .lengths import LENGTHS

_QUOTED = re.compile(r'"([^"]+)"')
_FIELD = re.compile(r"\\\{(\w+)\\\}")
_PATTERNS = {
    "words": r'"[^"]+"(?:(?:, | and )"[^"]+")*',
    "count": r"\d+",
    "nth": r"\d+",
    "n": r"once|twice|\d+(?: times)?",
    "most": r"\d+",
    "name": "|".join([*LANGUAGES.values(), *SIGNS.values()]),
    "word": r'[^"\n]+?',
    "letter": r'[^"\n]',
    "marker": r"P\.(?:P\.)?S\.?",
}
_LINE = r"[^\n]+?"
_TIMES = {"once": 1, "twice": 2}
_READ: dict[str, Callable[[str], tuple[str, object]]] = {
    "words": lambda text: ("words", tuple(_QUOTED.findall(text))),
    "n": lambda text: ("count", _TIMES.get(text) or int(text.split()[0])),
    "most": lambda text: ("count", int(text) + 1),
    "count": lambda text: ("count", int(text)),
    "nth": lambda text: ("nth", int(text)),
}


@lru_cache(maxsize=256)  # each of several answers is held against its prompt
def said_in(prompt: str) -> tuple[Constraint, ...]:
    """Return the constraints that a prompt asks for in this package's own sentences, in its order."""
    found: dict[int, Constraint] = {}
    for kind, pattern, relation in _sentences():
        for match in pattern.finditer(prompt):
            if (made := _made(kind, match, relation, prompt)) is not None:
                found.setdefault(match.start(), made)
    return tuple(found[place] for place in sorted(found))


def unsaid(prompt: str) -> str:
    """Return a prompt without the sentences that ask for constraints."""
    for _, pattern, _ in _sentences():
        prompt = pattern.sub("", prompt)
    return prompt


@cache
def _sentences() -> tuple[tuple[type[Constraint], "re.Pattern[str]", str], ...]:
    return tuple(_compiled())


def _compiled() -> Iterator[tuple[type[Constraint], "re.Pattern[str]", str]]:
    for kind in (*LENGTHS, *KEYWORDS, *CASING, *LAYOUT, *FRAME, *CONTENT):
        for relation, ways in getattr(kind, "SAID", {"": getattr(kind, "WAYS", ())}).items():
            for way in ways:
                # Of a sign it is not said that it is a letter.
                pattern = _pattern(way).replace("letter\\ ", "(?:letter|sign) ")
                yield kind, re.compile(pattern), relation


def _pattern(way: str) -> str:
    seen: set[str] = set()

    def field(match: "re.Match[str]") -> str:
        name = match[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{_PATTERNS.get(name, _LINE)})"

    # A mark at the end may be the end of what is named.
    return _FIELD.sub(field, re.escape(way)) + ("" if way[-1] in '.:*"' else r"(?=\s|$)")


def _made(
    kind: type[Constraint], match: "re.Match[str]", relation: str, prompt: str
) -> Constraint | None:
    values = dict(
        _READ.get(n, lambda text, n=n: (n, text))(text) for n, text in match.groupdict().items()
    )
    if relation:
        values["relation"] = relation
    if kind is RepeatedRequest:
        values["request"] = prompt[: match.start()].rstrip()
    if (name := values.pop("name", None)) is not None:
        field, table = ("sign", SIGNS) if kind is Without else ("code", LANGUAGES)
        values[field] = next((key for key, told in table.items() if told == name), "")
    try:
        return kind.model_validate(values)
    except ValueError:
        return None
