"""Markup around parts of a text: inline tags, and styles."""

import re
from collections.abc import Callable

from .spans import find, swap, terms_problem
from .task import CheckTask, Rule
from .text import canonical, difference, first_unnamed, trimmed


def _problem_annotation(task: CheckTask) -> str:
    if not task.terms or not all(re.fullmatch(r"[A-Za-z][\w-]*", tag) for tag in task.terms):
        return "the terms must be tag names: letters, digits, '_' and '-'"
    if len(set(task.terms)) < len(task.terms):
        return "a tag is given twice"
    if len(task.replacements) not in {0, len(task.terms)}:
        return (
            f"{len(task.replacements)} examples for {len(task.terms)} tags: none, or one for each"
        )
    if missing := first_unnamed(task.terms, task.task):
        return f"the task does not name the tag {missing!r}"
    context = trimmed(task.context)
    if not context or _tags(task).search(context):
        return "the text is empty or has such tags already"
    absent = [span for span in task.replacements if not span or canonical(span) not in context]
    return f"the example {absent[0]!r} does not occur in the text" if absent else ""


def _tags(task: CheckTask) -> re.Pattern[str]:
    return re.compile(rf"<(/?)({'|'.join(map(re.escape, task.terms))})>")


def _fault_annotation(answer: str, task: CheckTask) -> str:
    tags = _tags(task)
    if changed := difference(trimmed(task.context), trimmed(tags.sub("", answer))):
        return f"without its tags the text differs: {changed}"
    if unpaired := _unpaired(tags.findall(answer)):
        return f"the tag <{unpaired}> is not opened and closed in order"
    for tag in task.terms:
        if f"<{tag}>" not in answer:
            return f"the tag <{tag}> is not used"
    for tag, span in zip(task.terms, task.replacements, strict=False):
        marked = re.findall(rf"<{tag}>(.*?)</{tag}>", answer, re.DOTALL)
        if not any(canonical(span) in tags.sub("", inner) for inner in marked):
            return f"{span!r} is not inside <{tag}>"
    return ""


def _unpaired(tags: list[tuple[str, str]]) -> str:
    """Return the name of the first tag that closes nothing or is never closed, or ""."""
    still_open: list[str] = []
    for closing, name in tags:
        if not closing:
            still_open.append(name)
        elif not still_open or still_open.pop() != name:
            return name
    return still_open[0] if still_open else ""


ANNOTATION = Rule(_problem_annotation, _fault_annotation)
"""Annotation with inline tags, `<PLACE>Oslo</PLACE>`: without its tags the text is what it was.

The terms are the tag names. The replacements, where given, are one certain example for each tag: a
span of the text that has to stand inside that tag.
"""


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


def _problem_styling(task: CheckTask) -> str:
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


def _fault_styling(answer: str, task: CheckTask) -> str:
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


STYLING = Rule(_problem_styling, _fault_styling)
"""Styling: every occurrence of a term is marked up in its style, and nothing else is touched.

The replacements name the style of the term at the same place. Markdown and the usual HTML for a
style both count.
"""
