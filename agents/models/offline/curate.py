"""The gate: does the task stand on its own, fit its passage and leaf, and carry the right label?"""

import re

from ...replies import CurationReply
from .draft import LeafBrief, read_leaf
from .edits import read_edit
from .question import Question
from .restyle import read_style
from .schema import Function, read_apis, split_stems
from .sections import Sections
from .solver import query_of, solve
from .text import WORD, read_text

_ABSENT = re.compile(
    r"\b(?:the (?:figure|"
    r"diagram|"
    r"picture|image|chart|"
    r"table) (?:below|"
    r"above|shown)|"
    r"as (?:discussed|"
    r"mentioned) earlier"
    r"|the (?:previous|"
    r"preceding|"
    r"next) (?:chapter|"
    r"section|page|question)|"
    r"the attached|see "
    r"(?:figure|table) \d"
    r"|the (?:second|other) (?:passage|text|document))\b",
    re.I,
)
_WANTS_TEXT = re.compile(r"\b(?:passage|text|document|statement|story|dialogue|poem)\b", re.I)


def curate(sections: Sections) -> CurationReply:
    """Examine one task; the reason names the first thing that is wrong."""
    leaf = read_leaf(sections.get("leaf"))
    question = Question(
        sections.text("passage"), sections.text("task"), tuple(sections.lines("options"))
    )
    apis = read_apis(sections.text("apis"))
    label = sections.text("expected_behaviour").strip() or "answer"
    alone = _stands_alone(question, bool(apis))
    fits = _fits_passage(question, apis, label)
    form = _fits_leaf(question, leaf)
    right = _label_right(question, apis, label)
    wrong = [
        text
        for ok, text in (
            (alone, "it refers to something that is not given"),
            (fits, "it has next to nothing to do with what is given"),
            (form, "its options are not what the leaf asks for"),
            (right, f"a good answer would not be of the kind {label!r}"),
        )
        if not ok
    ]
    return CurationReply(
        reason="; ".join(wrong) or "it stands on its own and fits what is given",
        self_contained=alone,
        matches_passage=fits,
        matches_leaf=form,
        label_right=right,
    )


def _stands_alone(question: Question, has_apis: bool) -> bool:
    """A task must not point at what is not there, and must be long enough to mean something."""
    if _ABSENT.search(question.task) or len(WORD.findall(question.task)) < 3:
        return False
    given = bool(question.context) or has_apis
    return given or not _WANTS_TEXT.search(question.task)


def _fits_passage(question: Question, apis: tuple[Function, ...], label: str) -> bool:
    """A task must share words with what it is about."""
    if apis:
        known = frozenset().union(*(f.stems for f in apis))
        return label == "say_no_tool" or bool(known & split_stems(question.task))
    if not question.context or read_edit(question.task) or read_style(question.task):
        return True
    query = query_of(question.task) | query_of(" ".join(question.options))
    known = read_text(question.context).stems
    least = 0.1 if label == "say_unanswerable" else 0.4
    return not query or len(query & known) >= least * len(query)


def _fits_leaf(question: Question, leaf: LeafBrief) -> bool:
    """The number of options must be what the leaf allows, and no option may be given twice."""
    count = len(question.options)
    return leaf.low <= count <= leaf.high and len(set(question.options)) == count


def _label_right(question: Question, apis: tuple[Function, ...], label: str) -> bool:
    """An answerable question must not be called unanswerable, nor the other way round."""
    if (
        apis
        or question.options
        or not question.context
        or label not in {"answer", "say_unanswerable"}
    ):
        return True
    if read_edit(question.task) or read_style(question.task):
        return label == "answer"
    return solve(question).known == (label == "answer")
