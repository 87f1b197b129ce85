"""Finding terms in a text: whole words, exact spelling, the longest first where several start.

A term is matched as a whole: `cat` is not in `category`, `1,200` is not in `1,200.50`. All terms
are looked for in one pass from left to right, so that replacing a by b and b by a swaps them.
Where readers could disagree whether something counts as a match, the terms are refused.
"""

import re
from bisect import bisect_right
from collections.abc import Callable

from .task import CheckTask
from .text import canonical, first_unnamed

# Scripts that set no blanks between words, or that glue particles to them: no word bounds there.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def find(terms: tuple[str, ...], text: str, *, any_case: bool = False) -> list[re.Match[str]]:
    """Return the matches of the terms in a canonical text, left to right, none over another."""
    return list(_pattern(terms, any_case).finditer(text)) if terms else []


def covering(found: list[re.Match[str]], start: int, end: int) -> re.Match[str] | None:
    """Return the match, of those that `find` found, in which a stretch of the text lies."""
    at = bisect_right(found, start, key=re.Match.start) - 1
    return found[at] if at >= 0 and end <= found[at].end() else None


def swap(terms: tuple[str, ...], text: str, change: Callable[[str], str]) -> str:
    """Return the canonical text with every match of a term passed through `change`."""
    return _pattern(terms).sub(lambda match: change(match[0]), canonical(text))


def replaced(terms: tuple[str, ...], replacements: tuple[str, ...], text: str) -> str:
    """Return the canonical text with each term replaced by the text at its place, all at once."""
    table = dict(zip(map(canonical, terms), map(canonical, replacements), strict=True))
    return swap(terms, text, table.__getitem__)


def outside(terms: tuple[str, ...], text: str, change: Callable[[str], str]) -> str:
    """Return the canonical text with all that lies between the matches passed through `change`."""
    text, at = canonical(text), 0
    parts: list[str] = []
    for match in find(terms, text):
        parts += [change(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, change(text[at:])])


def _pattern(terms: tuple[str, ...], any_case: bool = False) -> re.Pattern[str]:
    longest_first = sorted({canonical(term) for term in terms}, key=len, reverse=True)
    flags = re.IGNORECASE if any_case else re.NOFLAG
    return re.compile("|".join(_bounded(term, re.escape(term)) for term in longest_first), flags)


def _bounded(term: str, pattern: str, inner: str = r"\w") -> str:
    """Return the pattern of one term, closed where it begins or ends with a letter or digit."""
    before = after = ""
    if re.match(r"\w", term) and not _UNSPACED.match(term):
        before = rf"(?<!{inner})" + (r"(?<!\d[.,:])" if term[0].isdigit() else "")
    if re.search(r"\w\Z", term) and not _UNSPACED.match(term[-1]):
        after = rf"(?!{inner})" + (r"(?![.,:]\d)" if term[-1].isdigit() else "")
    return before + pattern + after


def terms_problem(task: CheckTask, *, named: bool = True) -> str:
    """Say why the terms cannot be looked for in the context, or return "".

    `named` asks that the task's own words contain each term, so that the answerer can know it.
    """
    context = canonical(task.context)
    if not task.terms:
        return "no terms are given"
    if any(not term or term != term.strip() for term in task.terms):
        return "a term is empty or has blanks around it"
    if len(set(map(canonical, task.terms))) < len(task.terms):
        return "a term is given twice"
    for term in task.terms:
        if not find((term,), context):
            return f"the term {term!r} does not occur in the text as a whole word"
    if named and (missing := first_unnamed(task.terms, task.task)):
        return f"the task does not name the term {missing!r}"
    return _unclear(task.terms, context) or _crossing(task.terms, context)


def _unclear(terms: tuple[str, ...], context: str) -> str:
    """Find a place where a term stands in another case, over two lines, or in a compound."""
    spellings = {canonical(term) for term in terms}
    covered = find(terms, context)
    for term in spellings:
        loose = _bounded(term, r"\s+".join(map(re.escape, term.split())), inner=r"[^\W_]")
        for match in re.finditer(loose, context, re.IGNORECASE):
            start, end = match.span()
            cover = covering(covered, start, end)
            if cover is not None and cover.span() != (start, end):
                continue  # part of a longer term
            if match[0] not in spellings:
                return f"the text also has {match[0]!r}: every spelling has to be a term of its own"
            if re.search(r"_\Z|\w-\Z", context[:start][-2:]) or re.match(
                r"_|-\w", context[end:][:2]
            ):
                around = context[max(0, start - 12) : end + 12]
                return (
                    f"the term {term!r} stands in a compound, {around!r}: unclear whether it counts"
                )
    return ""


def _crossing(terms: tuple[str, ...], context: str) -> str:
    """Refuse terms that overlap in the text without one lying inside the other."""
    spans = sorted(
        (match.start(), -match.end(), term) for term in terms for match in find((term,), context)
    )
    reach, owner = 0, ""
    for start, negative_end, term in spans:
        end = -negative_end
        if start < reach < end:
            return f"the terms {owner!r} and {term!r} overlap in the text"
        if end > reach:
            reach, owner = end, term
    return ""
