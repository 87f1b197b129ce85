"""Annotation with inline tags, `<PLACE>Oslo</PLACE>`: without its tags the text is what it was.

The terms are the tag names. The replacements, where given, are one certain example for each tag: a
span of the text that has to stand inside that tag.
"""

import re

from .task import CheckTask, Rule
from .text import canonical, difference, first_unnamed, trimmed


def _problem(task: CheckTask) -> str:
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


def _fault(answer: str, task: CheckTask) -> str:
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


RULE = Rule(_problem, _fault)
