"""How answers are read and texts compared: strict about content, fair about wrapping.

Everything is compared in Unicode's composed form (NFC) and with Unix line ends: an é is an é.
"""

import re
import unicodedata

_FENCE = re.compile(r"(`{3,}+|~{3,}+)[^\n`]*+\n")
_LEAD_IN_LENGTH = 100
_AROUND = 24


def canonical(text: str) -> str:
    """Return the text in NFC with Unix line ends."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def trimmed(text: str) -> str:
    """Return the canonical text without blanks at line ends and empty lines around it."""
    lines = [line.rstrip() for line in canonical(text).split("\n")]
    return "\n".join(lines).strip("\n")


def readings(answer: str, context: str) -> list[str]:
    """Return what the answer may mean as a text, the most literal first.

    A model may wrap its text in one code fence, and may put one short line such as "Here is the
    text:" before it, unless that line is the context's own. Which of the readings is meant only the
    check can tell, since the text asked for may itself be fenced.
    """
    own = {folded(line) for line in context.splitlines()}
    found = [trimmed(answer)]
    for peel in (_without_lead_in, _without_fence, _without_lead_in):
        found += [peeled for text in found if (peeled := peel(text, own)) not in found]
    return found


def _without_fence(text: str, own: set[str]) -> str:
    opened = _FENCE.match(text)
    inside = text[opened.end() :].rstrip(" \t") if opened else ""
    if not opened or not inside.endswith(opened[1]):
        return text
    return trimmed(inside.removesuffix(opened[1]).rstrip(" \t"))


def _without_lead_in(text: str, own: set[str]) -> str:
    first, _, rest = text.lstrip().partition("\n")
    short = len(first) <= _LEAD_IN_LENGTH and first.rstrip("*_ ").endswith((":", "："))
    return trimmed(rest) if short and rest.strip() and folded(first) not in own else text


def difference(expected: str, found: str) -> str:
    """Say where two texts first differ, or return "" where they do not."""
    if expected == found:
        return ""
    if not found:
        return "the answer is empty"
    at = _first_difference(expected, found)
    line = expected.count("\n", 0, at) + 1
    return f"line {line}: expected {_excerpt(expected, at)}, found {_excerpt(found, at)}"


def _first_difference(expected: str, found: str) -> int:
    pairs = enumerate(zip(expected, found, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(expected), len(found)))


def _excerpt(text: str, at: int) -> str:
    part = text[max(0, at - _AROUND) : at + _AROUND]
    return repr(part) if at < len(text) else f"{part!r} and then the end"


def folded(text: str) -> str:
    """Return the text for comparing wording only: no case, and one space for any white space."""
    return " ".join(canonical(text).casefold().split())


def first_unnamed(names: tuple[str, ...], task: str) -> str:
    """Return the first name that the task's own words do not contain, or ""."""
    told = folded(task)
    return next((name for name in names if folded(name) not in told), "")
