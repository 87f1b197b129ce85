"""Finds the best answer it can to a question, by retrieval and small procedures.

It is what a contender answers with, what a juror compares with, and what the gate asks whether a task
can be answered at all. It is a classical baseline, not an oracle.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ....tools.constraints.said import unsaid
from .asking import ITEM, QUOTED, Pairs, Procedure, Question, Table, asked_in
from .procedures import EDITS, EXERCISES
from .text import DENIAL, Text, bare, read_text, stem, stems

UNSTATED = "The passage does not state this, so the question cannot be answered from it."
CONTRARY = re.compile(
    r"\b(?:EXCEPT|exception|NOT|weaken\w*|undermin\w*|contradict\w*|clash\w*|false|error|flaw\w*|contrary"
    r"|against)\b|\bnot (?:stated|supported|true|support)\b|does not support"
)
_BLANK = re.compile(r"_{3,}")
_FOCUS = re.compile(
    r"\b(?:says?|speaks?|said|stated?|tells?|word|about|account) (?:about|of) ([^.?!;:\"]+)", re.I
)
_SCAFFOLD = frozenset(
    stem(w)
    for w in """
    according passage text answer question say says said state states stated given give gives tell describe
    explain sentence short briefly word words name following statement complete completes fill blank
    mention mentions document writer author reason think much exactly what which where quote cite without
    using evidence most least true false show using used make makes speaks speak whether title main idea
    purpose tone conclusion regard seed difference sum larger smaller find topic called repeat number count
    many come comes came contain contains order match letter essay discuss assess evaluate choose option going
    """.split()
)
_KNOWN = 0.45


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer found, and the sentence that it rests on."""

    text: str
    evidence: str = ""
    kind: str = "open"
    """How it is held against another: `option`, `marks`, `value`, `text` (word by word), or `open`."""
    known: bool = True
    """False when the context does not seem to hold the answer."""


@lru_cache(maxsize=1024)
def query_of(task: str) -> frozenset[str]:
    """Return what a task asks about: the topic that it names, else its words without scaffolding."""
    task = unsaid(task)
    focus = stems(" ".join(_FOCUS.findall(task))) - _SCAFFOLD
    return focus or stems(task) - _SCAFFOLD


@lru_cache(maxsize=2048)
def solve(question: Question) -> Solution:
    """Answer a question from its context as well as classical means can."""
    text, task = read_text(question.context), question.task
    if question.options:
        scores = _option_scores(question, text)
        at = max(range(len(scores)), key=lambda i: (scores[i], -i))
        chosen = question.options[at]
        return Solution(f"{chr(65 + at)}. {chosen}", "".join(text.best(stems(chosen))), "option")
    if question.context and (edit := asked_in("edits", task)):
        return Solution(EDITS[edit.do].answer(edit, question.context), kind="text")
    asked, found = asked_in("questions", task), None
    if asked and asked.do in EXERCISES:
        told = EXERCISES[asked.do].answer(asked, question.context)
        found = Solution(told, kind="value" if told.isdigit() else "text") if told else None
    elif asked:
        found = _PROCEDURES[asked.do](unsaid(task), text)  # a demand may quote words too
    return found or _retrieve(question)


def check_of(task: str, text: str) -> Pairs:
    """Return what a checker has to know of a task about a text; nothing where no program can check it."""
    tables: tuple[tuple[Table, dict[str, Procedure]], ...] = (
        ("edits", EDITS),
        ("questions", EXERCISES),
    )
    for table, procedures in tables:
        asked = asked_in(table, task)
        if asked and (made := procedures.get(asked.do)) and made.check:
            return made.check(asked, text)
    return (), ()


def _option_scores(question: Question, text: Text) -> list[float]:
    claim = QUOTED.search(question.task)
    query = stems(claim[1]) if claim else frozenset()
    sign = -1.0 if CONTRARY.search(question.task) else 1.0
    # Among options equally at home in the passage, the one nearer to the quoted claim answers it.
    near = [len(query & stems(o)) / (len(query | stems(o)) or 1) for o in question.options]
    return [sign * _support(text, o) + 0.5 * n for o, n in zip(question.options, near, strict=True)]


def _support(text: Text, option: str) -> float:
    """Return from -1 to 1 how much the passage says what the option says."""
    own = stems(option)
    best = next(iter(text.best(own)), "")
    shared = text.cover(own, best) if best else 1.0
    return shared if best and _same_claim(option, best) else -shared


def _same_claim(statement: str, sentence: str) -> bool:
    """Tell whether numbers and polarity agree."""
    numbers = set(re.findall(r"\d+", statement)) <= set(re.findall(r"\d+", sentence))
    denials = len(DENIAL.findall(statement)) + len(DENIAL.findall(sentence))
    return numbers and denials % 2 == 0


def _blank(task: str, text: Text) -> Solution:
    """Find what fills a gap: what the best sentence holds at its place."""
    statement = next((s for s in QUOTED.findall(task) if _BLANK.search(s)), task)
    before, after = _BLANK.split(statement, maxsplit=1)
    asked = stems(f"{before} {after}") - _SCAFFOLD
    best = next(iter(text.best(asked)), "")
    if not best or text.cover(asked, best) < _KNOWN:
        return Solution(UNSTATED, known=False)
    around = rf"{re.escape(before.strip()[-25:])}\s*(.+?)\s*{re.escape(after.strip()[:25])}"
    if gap := re.search(around, best):
        return Solution(gap[1], best, "value")
    missing = [w for w in re.findall(r"[\w'’.,-]+", best) if stem(w) not in asked and len(w) > 3]
    return Solution((missing or [best])[0], best, "value")


def _order(task: str, text: Text) -> Solution | None:
    """Put listed items in the order in which the context tells them."""
    best = {label: text.best(stems(item)) for label, item in ITEM.findall(task)}
    places = {label: text.sentences.index(rows[0]) if rows else 999 for label, rows in best.items()}
    ordered = sorted(places, key=lambda label: places[label])
    return Solution(", ".join(ordered), kind="marks") if len(ordered) > 1 else None


def _match(task: str, text: Text) -> Solution | None:
    """Match numbered items with lettered ones by what the context says of both."""
    items = {label: stems(item) for label, item in ITEM.findall(task)}
    right = {label: own for label, own in items.items() if not label.isdigit()}
    pairs = []
    for label in items.keys() - right.keys() if right else ():
        best = stems(" ".join(text.best(items[label])))
        near = {r: len(best & own) / (len(own) or 1) for r, own in right.items()}
        pairs.append(f"{label}-{max(near, key=lambda r: near[r])}")
    return Solution(", ".join(sorted(pairs)), kind="marks") if pairs else None


def _judge(task: str, text: Text) -> Solution | None:
    """Say whether quoted statements are true according to the context."""
    stated = [s for s in QUOTED.findall(task) if len(s) > 15]
    best = [next(iter(text.best(stems(s))), "") for s in stated]
    told = [
        str(_same_claim(s, b) and len(stems(s) & stems(b)) >= 0.85 * len(stems(s)))
        for s, b in zip(stated, best, strict=True)
    ]
    if len(told) < 2:
        return Solution(f"{told[0]}.", best[0], "marks") if told else None
    return Solution(", ".join(f"{i}. {t}" for i, t in enumerate(told, 1)), best[0], "marks")


def _count(task: str, text: Text) -> Solution | None:
    """Count the sentences of the context that hold a quoted term."""
    if not (term := QUOTED.search(task)):
        return None
    whole = re.compile(rf"(?<!\w){re.escape(term[1])}(?!\w)", re.I)
    return Solution(str(sum(bool(whole.search(s)) for s in text.sentences)), kind="value")


def _essay(task: str, text: Text) -> Solution | None:
    """Answer at length: the sentences that bear on the question most, in their order."""
    best = text.best(query_of(task) & text.stems or frozenset(text.frequent[:10]), 4)
    rows = [s for s in text.sentences if s in set(best)]
    closing = f"On balance, the passage rests on this: {bare(best[0])}." if best else ""
    return Solution(" ".join([*rows, closing]), best[0]) if best else None


def _retrieve(question: Question) -> Solution:
    """Answer with the sentence that meets the question best, or say that there is none."""
    text = read_text(question.context or question.task)
    query = query_of(question.task) or frozenset(text.frequent[:6])
    best = next(iter(text.best(query)), "")
    # The context has to know two thirds of what is asked about, and one sentence most of it.
    known = text.cover(query, best) >= _KNOWN and len(query & text.stems) * 3 >= len(query) * 2
    return Solution(best, best) if best and known else Solution(UNSTATED, best, known=False)


_PROCEDURES: dict[str, Callable[[str, Text], Solution | None]] = {
    "blank": _blank,
    "match": _match,
    "order": _order,
    "judge": _judge,
    "count": _count,
    "essay": _essay,
}
