"""Styling: every occurrence of a term is marked up in its style, and nothing else is touched.

The replacements name the style of the term at the same place. Markdown and the usual HTML for a
style both count.
"""

from collections.abc import Callable

from .spans import find, swap, terms_problem
from .task import CheckTask, Rule
from .text import canonical, difference, trimmed


def _wrap(before: str, after: str = "") -> Callable[[str], str]:
    return lambda text: before + text + (after or before)


# The first form of each is the one that notes show.
STYLES: dict[str, tuple[Callable[[str], str], ...]] = {
    "bold": (_wrap("**"), _wrap("__"), _wrap("<b>", "</b>"), _wrap("<strong>", "</strong>")),
    "italic": (_wrap("*"), _wrap("_"), _wrap("<i>", "</i>"), _wrap("<em>", "</em>")),
    "strikethrough": (_wrap("~~"), _wrap("~"), _wrap("<s>", "</s>"), _wrap("<del>", "</del>")),
    "code": (_wrap("`"), _wrap("<code>", "</code>")),
    "underline": (_wrap("<u>", "</u>"), _wrap("<ins>", "</ins>")),
}
_MARKS = "*_~`<>"


def _problem(task: CheckTask) -> str:
    if len(task.terms) != len(task.replacements):
        return f"{len(task.terms)} terms but {len(task.replacements)} styles"
    if unknown := next((style for style in task.replacements if style not in STYLES), ""):
        return f"no style {unknown!r}; styles: {', '.join(STYLES)}"
    if found := terms_problem(task):
        return found
    context = canonical(task.context)
    for match in find(task.terms, context):
        around = context[max(0, match.start() - 1) : match.start()] + context[match.end() :][:1]
        if any(mark in around for mark in _MARKS):
            return f"the term {match[0]!r} has markup around it already"
    return ""


def _fault(answer: str, task: CheckTask) -> str:
    table = dict(zip(map(canonical, task.terms), task.replacements, strict=True))
    expected = swap(task.terms, task.context, lambda term: STYLES[table[term]][0](term))
    return difference(trimmed(expected), _unified(answer, table))


def _unified(answer: str, table: dict[str, str]) -> str:
    """Return the answer with every styled term in the first form of its style."""
    for term, style in table.items():
        first, *others = STYLES[style]
        for form in others:
            answer = answer.replace(form(term), first(term))
    return answer


RULE = Rule(_problem, _fault)
