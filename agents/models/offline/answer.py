"""The contender: answers a plain prompt by retrieval, in three strengths that differ in what they do.

Strong reads all of the passage, uses every procedure and keeps every demand. Medium takes in two thirds of
it and minds the first demand only. Weak reads the beginning, knows no procedure and minds no demand:
whatever is asked, it gives the sentence or option that shares most words with the question.
"""

import random
import re
from dataclasses import replace

from ....tools.constraints.mend import mended
from .asking import Question, asked_in, query_of, read_question
from .procedures import PROCEDURES, Solution
from .solve import solve
from .text import read_text, stems

_READ = {"medium": 0.67, "weak": 0.25}
"""Which share of a passage is taken in; all of it where nothing is said."""
_ASKED = re.compile(r",? and (?=(?:who|what|where|when|how|why|which)\b)", re.IGNORECASE)
_MINDED = {"medium": 1, "weak": 0}
"""How many demands are minded; all of them where nothing is said."""


def answer(users: list[str], strength: str, rng: random.Random) -> str:
    """Answer the last user turn; the first one holds the context."""
    question = read_question(users[0])
    if len(users) > 1:
        question = replace(question, task=users[-1], options=())
    return reply_to(question, strength, rng)


def reply_to(question: Question, strength: str, rng: random.Random) -> str:
    """Answer a question with the given strength."""
    found = _found(question, strength, rng)
    if found.kind == "text" or not found.known:
        return found.text
    text = found.text
    if found.kind in {"value", "option"}:
        text = rng.choice(("{}", "The answer is {}")).replace("{}", text)
    return mended(question.task, text, _MINDED.get(strength))


def _found(question: Question, strength: str, rng: random.Random) -> Solution:
    share, context = _READ.get(strength, 1.0), question.context
    edit = asked_in(question.task)
    if context and edit and edit.way.edits:
        # Where attention ends, the text is copied as it stands.
        cut = context.find(" ", int(share * len(context)))
        cut = cut if cut >= 0 else len(context)
        procedure = PROCEDURES[edit.way.do]
        text = f"{procedure.answer(edit, read_text(context[:cut]))}{context[cut:]}"
        return Solution(text, kind="text" if procedure.check else "open")
    seen = replace(question, context=_window(context, share, rng))
    return _nearest(seen) if strength == "weak" else _solved(seen, strength)


def _solved(question: Question, strength: str) -> Solution:
    """Solve a question; where it asks two things, medium sees to the whole of it only, strong to each."""
    parts = [] if strength == "medium" or question.options else _ASKED.split(question.task)
    found = [solve(replace(question, task=part)) for part in parts]
    told = [one for one in found if one.known]
    if len(parts) < 2 or not told:
        return solve(question)
    texts, rows = ({f.text: None for f in told}, {f.evidence: None for f in told if f.evidence})
    return Solution(" ".join(texts), " ".join(rows))


def _window(context: str, share: float, rng: random.Random) -> str:
    """Return the part of a context that is read: its beginning, middle or end; the beginning of little."""
    rows = read_text(context).sentences
    size = max(2, round(share * len(rows)))
    if size >= len(rows):
        return context
    start = rng.randrange(3) * (len(rows) - size) // 2 if share > 0.5 else 0
    return "\n\n".join(rows[start : start + size])


def _nearest(question: Question) -> Solution:
    """Give what shares most words with the question or, for options, with what was read."""
    rows = question.options or read_text(question.context or question.task).sentences
    asked = stems(question.context) if question.options else query_of(question.task)
    best = max(rows, key=lambda row: len(stems(row) & asked), default="It is hard to say.")
    letter = f"{chr(65 + question.options.index(best))}. " if best in question.options else ""
    return Solution(f"{letter}{best}", best)
