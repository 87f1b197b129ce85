"""Finds the best answer it can to a question, by retrieval and small procedures.

`solve` is what a strong contender starts from, and what a juror compares answers with. Its key is
only as good as these procedures: it is a classical baseline, not an oracle.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from .edits import apply_edit, read_edit
from .options import choose_option
from .question import Question
from .restyle import read_style
from .sums import solve_sum
from .text import Text, bare, read_text, stem, stems

BLANK = re.compile(r"_{3,}")
_SCAFFOLD = frozenset(
    stem(w)
    for w in """
    according passage text answer question say says said state states stated given give gives
    tell describe explain sentence short briefly word words name following statement complete
    completes fill blank mention mentions document writer author reason think much exactly what
    which where quote cite without using evidence most least true false show using used make
    makes speaks speak whether title main idea purpose tone organisation conclusion regard seed
    difference sum larger smaller find topic called repeat number count many contain contains
    sentences order match lettered essay discuss assess evaluate
    """.split()
)
_STATEMENT = re.compile(r"[\"“]([^\"”]{15,})[\"”]")
_CONSTRAINT = re.compile(
    r"(?:\A|(?<=[.?!:] "
    r"))(?:answer|"
    r"reply|write|"
    r"quote|cite|start|begin|"
    r"end|give|say|keep|"
    r"then)\b[^.?!]*"
    r"\b(?:words|sentence|with [\"“]|word [\"“]|bullet\w*|why|reason)\b[^.?!\n]*[.?!]?",
    re.I,
)
_ITEM = re.compile(r"^\s*\(?(\d+|[A-Za-z])[.)]\s+(.+)$", re.M)
UNSTATED = 0.45


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer found: the sentences it rests on, and whether it must be met exactly."""

    text: str
    evidence: str = ""
    kind: str = "open"
    known: bool = True
    """False when the context does not seem to hold the answer."""


def query_of(task: str) -> frozenset[str]:
    """Return what a task asks about: its stems without scaffolding and demands."""
    return stems(_CONSTRAINT.sub(" ", task)) - _SCAFFOLD


@lru_cache(maxsize=1024)
def solve(question: Question) -> Solution:
    """Answer a question from its context as well as classical means can."""
    if question.options:
        at = choose_option(question)
        letter = chr(ord("A") + at)
        chosen = question.options[at]
        evidence = read_text(question.context).best(stems(chosen), 1)
        return Solution(f"{letter}. {chosen}", "".join(evidence), kind="option")
    found = (solver(question) for wanted, solver in _SOLVERS if wanted.search(question.task))
    return next((solution for solution in found if solution), None) or _retrieve(question)


def _edit(question: Question) -> Solution | None:
    edit = read_edit(question.task)
    if edit is None or not question.context:
        return None
    return Solution(apply_edit(edit, question.context), kind="edit")


def _order(question: Question) -> Solution | None:
    """Put listed items in the order in which the context tells them."""
    items = _ITEM.findall(question.task)
    if len(items) < 2:
        return None
    text = read_text(question.context)
    places = {label: _place(text, stems(item)) for label, item in items}
    ordered = sorted((label for label, _ in items), key=lambda label: places[label])
    return Solution(", ".join(ordered), kind="order")


def _place(text: Text, query: frozenset[str]) -> int:
    best = text.best(query, 1)
    return text.sentences.index(best[0]) if best else len(text.sentences)


def _blank(question: Question) -> Solution | None:
    """Find the word or number that fills a gap: what the best sentence holds at its place."""
    statement = next(
        (s for s in _STATEMENT.findall(question.task) if BLANK.search(s)), question.task
    )
    text = read_text(question.context)
    asked = query_of(BLANK.sub(" ", statement))
    best = next(iter(text.best(asked, 1)), "")
    if not best or text.cover(asked, best) < UNSTATED:
        return Solution(_unstated(question), kind="open", known=False)
    before, after = (
        re.escape(part.strip()[-25:] if i == 0 else part.strip()[:25])
        for i, part in enumerate(BLANK.split(statement, maxsplit=1))
    )
    gap = re.search(rf"{before}\s*(.+?)\s*{after}", best)
    if gap:
        return Solution(gap[1], best, kind="blank")
    missing = [w for w in re.findall(r"[\w'’.,-]+", best) if stem(w) not in asked and len(w) > 3]
    return Solution(missing[0] if missing else best, best, kind="blank")


def _judgement(question: Question) -> Solution | None:
    """Say whether quoted statements are true according to the context."""
    stated = _STATEMENT.findall(question.task) or [item for _, item in _ITEM.findall(question.task)]
    if not stated:
        return None
    verdicts, evidence = [], ""
    for statement in stated:
        best = next(iter(read_text(question.context).best(stems(statement), 1)), "")
        verdicts.append("True" if agrees(statement, best) else "False")
        evidence = evidence or best
    if len(verdicts) == 1:
        return Solution(f"{verdicts[0]}.", evidence, kind="judgement")
    return Solution(
        ", ".join(f"{i}. {v}" for i, v in enumerate(verdicts, 1)), evidence, kind="judgement"
    )


def agrees(statement: str, sentence: str) -> bool:
    """Tell whether a statement says what a sentence says: numbers, polarity and words agree."""
    if _negatives(statement) != _negatives(sentence):
        return False
    if not set(re.findall(r"\d+", statement)) <= set(re.findall(r"\d+", sentence)):
        return False
    own = stems(statement)
    return len(own & stems(sentence)) >= 0.85 * len(own)


def _negatives(text: str) -> int:
    """Return 1 for a denied sentence, 0 for a plain one; two denials cancel out."""
    return len(re.findall(r"\b(?:not|never|no|false|cannot)\b|n[’']t\b", text, re.I)) % 2


def _match(question: Question) -> Solution | None:
    """Match numbered items with lettered ones by what the context says of both."""
    items = _ITEM.findall(question.task)
    left = [(a, b) for a, b in items if a.isdigit()]
    right = [(a, b) for a, b in items if not a.isdigit()]
    if not left or not right:
        return None
    text = read_text(question.context)
    pairs = [f"{a}-{max(right, key=lambda r: _bond(text, item, r[1]))[0]}" for a, item in left]
    return Solution(", ".join(pairs), kind="match")


def _bond(text: Text, one: str, other: str) -> float:
    mine, its = stems(one), stems(other)
    return max(
        (text.cover(mine, s) * text.cover(its, s) for s in text.sentences if mine & stems(s)),
        default=0.0,
    )


def _restyle(question: Question) -> Solution | None:
    style = None if "?" in question.task else read_style(question.task[:80])
    return Solution(style(question.context), kind="restyle") if style and question.context else None


def _count(question: Question) -> Solution | None:
    """Count the sentences of the context that hold a quoted term."""
    term = re.search(r"[\"“]([^\"”]+)[\"”]", question.task)
    if term is None:
        return None
    whole = re.compile(rf"(?<!\w){re.escape(term[1])}(?!\w)", re.I)
    count = sum(bool(whole.search(s)) for s in read_text(question.context).sentences)
    return Solution(str(count), kind="number")


def _sum(question: Question) -> Solution | None:
    found = solve_sum(question, query_of)
    return Solution(*found, kind="number") if found else None


def _essay(question: Question) -> Solution | None:
    """Answer at length: the sentences that bear on the question most, in their order."""
    text = read_text(question.context)
    query = query_of(question.task) & text.stems or frozenset(text.frequent[:10])
    chosen = set(text.best(query, 4))
    if not chosen:
        return None
    rows = [s for s in text.sentences if s in chosen]
    closing = f"On balance, the passage rests on this: {bare(text.best(query, 1)[0])}."
    return Solution(" ".join([*rows, closing]), rows[0], kind="essay")


def _retrieve(question: Question) -> Solution:
    """Answer with the sentence that meets the question best, or say that there is none."""
    text = read_text(question.context or question.task)
    query = query_of(question.task) or frozenset(text.frequent[:6])
    best = text.best(query, 1)
    if not best:
        return Solution(_unstated(question), known=False)
    if text.cover(query, best[0]) < UNSTATED or not _holds(query, text):
        return Solution(_unstated(question), best[0], known=False)
    return Solution(best[0], best[0])


def _holds(query: frozenset[str], text: Text) -> bool:
    """Tell whether the context knows at least two thirds of what is asked about."""
    return len(query & text.stems) * 3 >= len(query) * 2


def _unstated(question: Question) -> str:
    return "The passage does not state this, so the question cannot be answered from it."


_SOLVERS: tuple[tuple[re.Pattern[str], Callable[[Question], Solution | None]], ...] = tuple(
    (re.compile(pattern, re.I), solver)
    for pattern, solver in (
        (r"_{3,}", _blank),
        (r"\bmatch\b", _match),
        (r"\b(?:order|sequence|sort|arrange)\b", _order),
        (r"\btrue or false\b|\bwhether .* (?:true|false)\b|\bfact or\b", _judgement),
        (r"\bhow many (?:of the |of its )?sentences\b", _count),
        (r"\b(?:sum|total|difference|larger|smaller|add|subtract|minus|number)\b", _sum),
        (r".", _edit),
        (r"^\W*(?:write|discuss|assess|evaluate|compare)\b", _essay),
        (r".", _restyle),
    )
)
