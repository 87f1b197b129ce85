"""The contender: answers a plain prompt by retrieval, in three strengths.

Strong does what it can find and keeps the stated constraints. Medium finds the same things less
surely, and forgets about half of what is demanded. Weak takes whatever comes first.
"""

import random
import re
from dataclasses import replace

from .constraints import Constraints, obey, read_constraints
from .edits import read_edit
from .question import Question, follow_up, read_question
from .restyle import read_style
from .solver import Solution, solve
from .text import key_terms, read_text
from .voice import OfflineRequest

UNSTATED = "The passage does not state this, so the question cannot be answered from it."
SLIP = {"strong": 0.05, "judge": 0.05, "medium": 0.4, "weak": 0.9}
"""How often each strength does a step wrong."""


def answer(request: OfflineRequest, rng: random.Random) -> str:
    """Answer the last user turn; the first one holds the context."""
    users = [turn.content for turn in request.turns if turn.role == "user"]
    question = read_question(users[0]) if users else Question("", "")
    if len(users) > 1:
        question = follow_up(question, users[-1])
    return reply_to(question, request.strength, rng)


def reply_to(question: Question, strength: str, rng: random.Random) -> str:
    """Answer a question with the given strength."""
    slip = SLIP[strength]
    if strength == "weak" and rng.random() < slip:
        return _careless(question, rng)
    found = solve(question)
    if not found.known and rng.random() < 1.3 * slip:
        found = Solution(found.evidence or _any_sentence(question, rng), found.evidence)
    elif rng.random() < slip:
        found = _spoilt(question, found, rng)
    text = _worded(found, rng)
    demands = read_constraints(question.task)
    exact = found.kind in {"edit", "restyle"}
    return (
        text if exact or not found.known else obey(_kept(demands, slip, rng), text, found.evidence)
    )


def _worded(found: Solution, rng: random.Random) -> str:
    """Give the short kinds of answer a sentence around them; texts and lists stay as they are."""
    if found.kind in {"blank", "number"}:
        return rng.choice(("{}", "The answer is {}.", "It is {}.")).format(found.text)
    if found.kind == "option":
        return rng.choice(("{}", "The answer is {}")).format(found.text)
    return found.text


def _kept(demands: Constraints, slip: float, rng: random.Random) -> Constraints:
    """Return the constraints that are not forgotten."""
    if slip < 0.1:
        return demands
    forgotten = {
        name: getattr(Constraints(), name)
        for name in Constraints.__dataclass_fields__
        if rng.random() < slip
    }
    return replace(demands, **forgotten)


def _any_sentence(question: Question, rng: random.Random) -> str:
    rows = read_text(question.context or question.task).sentences
    return rng.choice(rows) if rows else question.task


def _careless(question: Question, rng: random.Random) -> str:
    """Answer with the first or any sentence or option, whatever is asked."""
    if question.options:
        at = rng.randrange(len(question.options))
        return f"{chr(ord('A') + at)}. {question.options[at]}"
    rows = read_text(question.context or question.task).sentences
    if not rows:
        return UNSTATED
    if read_edit(question.task) or read_style(question.task):
        return " ".join(rows[: max(1, len(rows) // 2)])
    return rows[0] if rng.random() < 0.5 else rng.choice(rows)


def _spoilt(question: Question, found: Solution, rng: random.Random) -> Solution:
    """Return the answer with a mistake of its kind."""
    if found.kind == "option":
        at = rng.randrange(len(question.options))
        return replace(found, text=f"{chr(ord('A') + at)}. {question.options[at]}")
    if found.kind in {"order", "match", "judgement"}:
        return replace(found, text=_shuffled(found.text, rng))
    if found.kind in {"edit", "restyle"}:
        return replace(found, text=_half_done(question))
    if found.kind == "number":
        return replace(found, text=str(rng.randint(1, 40)))
    if found.kind == "blank":
        terms = [t for t in key_terms(found.evidence) if t != found.text]
        return replace(found, text=rng.choice(terms) if terms else found.text)
    return _second_best(question, found, rng)


def _shuffled(text: str, rng: random.Random) -> str:
    """Exchange two parts of a list; a lone true turns false."""
    parts = text.split(", ")
    if len(parts) < 2:
        return "False." if text.startswith("True") else "True."
    labels = [re.sub(r"[-.].*", "", p) if re.match(r"\d", p) else "" for p in parts]
    values = [p[len(label) :] for p, label in zip(parts, labels, strict=True)]
    i, j = rng.sample(range(len(values)), 2)
    values[i], values[j] = values[j], values[i]
    return ", ".join(a + b for a, b in zip(labels, values, strict=True))


def _half_done(question: Question) -> str:
    """Return the context with its first half edited and its second half left as it was."""
    cut = question.context.find(" ", len(question.context) // 2)
    head = solve(replace(question, context=question.context[:cut])).text
    return head + question.context[cut:]


def _second_best(question: Question, found: Solution, rng: random.Random) -> Solution:
    """Rest the answer on a sentence that is only near the question."""
    text = read_text(question.context or question.task)
    near = [s for s in text.best(frozenset(text.frequent[:12]), 4) if s != found.evidence]
    chosen = rng.choice(near) if near else found.text
    return Solution(chosen, chosen)
