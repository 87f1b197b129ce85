"""The sections of a juror's prompt: no text inside one of them may open or end another."""

from functools import lru_cache

from .literals import Sieve
from .lookalikes import places

_SURE = r"rubric|expected_behaviour|own_verdict|debate"
_FRAME = r"first|second"
_ALL = rf"{_SURE}|{_FRAME}|instruction|apis|objective|statement|verdict"


def _tags(names: str) -> str:
    return rf"<(?=\s*/?\s*(?:{names})\s*(?:\s[^=>]*=[^>]*|/\s*)?>)"


def _after_no_word(names: str) -> str:
    """Match a tag, but no parameter of a type: `List<Instruction>` is code."""
    closing = rf"<(?=\s*[/\\]\s*(?:{names})\s*>)"
    return rf"(?<!\w)<(?=\s*(?:{names})\s*/?>)|{closing}"


_OWN = (
    rf"{_after_no_word(_SURE)}"
    # Ordinary XML has statements, verdicts and objectives, but not with what ours hold.
    r"|<(?=\s*statement\s[^<>]*\b(?:speaker|actions)\s*=)|<(?=\s*verdict\s[^<>]*\bjuror\s*=)"
    r"|<(?=\s*objective\s*>\s*(?:yes|no)\s*<)"
)
_FORGED = Sieve(_OWN)
_FORGED_FRAME = Sieve(rf"<\s*/?\s*(?:{_FRAME})\s*>")
_BESIDE_A_FRAME = Sieve(
    rf"{_OWN}|{_after_no_word('instruction|apis|objective|statement|verdict')}",
)
# A type's parameter follows the type's name and starts with a capital: `List<Instruction>`.
_ANY = Sieve(rf"(?:(?<!\w)|(?=<(?-i:[^A-Z]))){_tags(_ALL)}")


@lru_cache(maxsize=1024)
def framed(text: str) -> str:
    """Return a text that can stand in any section: each tag of ours in it is broken by a backslash."""
    if "<" not in text and text.isascii():
        return text
    return broken(_ANY, text)[0]


def forged(text: str) -> tuple[str, int]:
    """Break the tags that only a forger writes; return the text and how many these were.

    `<instruction>` and the like stay, unless a forged `<first>` or `<second>` stands in the same text.
    """
    if "<" not in text and text.isascii():
        return text, 0
    seen, _ = places(text)
    return broken(_BESIDE_A_FRAME if _FORGED_FRAME.pattern.search(seen) else _FORGED, text)


def broken(pattern: Sieve, text: str) -> tuple[str, int]:
    """Put a backslash behind each match, which is looked for in the text as it is seen."""
    seen, where = places(text)
    if not pattern.may_match(seen.lower()):
        return text, 0
    ends = [match.end() for match in pattern.pattern.finditer(seen)]
    kept: list[str] = []
    at = 0
    for end in ends:
        # The letter before the end: what is not seen may follow it.
        stop = end if where is None else where[end - 1] + 1
        kept.append(text[at:stop])
        at = stop
    return "\\".join([*kept, text[at:]]), len(ends)
