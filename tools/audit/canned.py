"""Canned answers: contenders that say the same whatever is asked, or that speak to the judge.

A null model with one answer to everything can rank first before a judge that is talked into it (Zheng et
al. 2024, "Cheating automatic LLM benchmarks"). Its answers give it away: they repeat each other, or they
go with their own question no better than with another one. What goes with a question is told by its own
words and by what the other contenders answer to it. An answer that says its question over again, around a
text that is always the same, is looked at without the question's words. Where a task leaves few answers (a
letter, yes or no) they repeat too: they are canned only if they do not change with the question as those of
others do.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from math import sqrt
from zlib import crc32

import numpy as np

from ..embedding import Vectors, unit_rows

SAMPLED = 100
"""Questions whose answers are kept as texts, the first ones."""
LONGEST = 4000
"""Characters kept of each."""
LEAST = 5
"""Answers below which nothing is said."""
LEAST_PLACED = 20
"""The same of how answers go with their questions."""
REPEATED = 0.5
"""Share of answers that repeat another one of the same contender from which they are canned."""
ALIKE = 0.8
"""Jaccard similarity of words and pairs of words from which two answers are one."""
STOCK = 0.5
"""Share of a contender's answers that a word stands in from which it is no word of one question."""
FRAME = 5
"""Different words left of an answer below which they tell of no text that is always the same."""
PLACED = 0.75
"""Chance that an answer goes better with its own question than with another; a coin has 0.5."""
SURE = 3.0
"""Standard errors from which repeated answers go with their questions beyond chance."""
PLEAS = 0.2
"""Share of answers that speak to the judge from which a reader must be told."""
WORD = re.compile(r"\w+")
WIDTH = 1 << 11
"""Columns into which words are hashed."""


@dataclass(frozen=True)
class Canned:
    """What the answers of one contender look like."""

    model: str
    answers: int
    distinct: int
    """Different texts, but for case and spaces."""
    repeated: float
    """Share of the sampled answers that are nearly one with another of them."""
    framed: float | None
    """The same once the words of the question are left out, or nothing but these; None where most
    contenders do so."""
    placed: float | None
    """Chance that an answer goes better with its own question; None where it cannot be told."""
    pleas: int
    """Answers that seem to speak to the judge."""
    reasons: tuple[str, ...]
    """Why it is called canned; empty where it is not."""


@dataclass
class Sayings:
    """The answers of all contenders, as far as they must be kept."""

    pleads: Callable[[str], bool] = lambda text: False
    questions: dict[str, str] = field(default_factory=dict)
    """What was asked, where it is known."""
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Sampled answers of each contender by question."""
    counts: dict[str, Counter[bytes]] = field(default_factory=dict)
    pleas: Counter[str] = field(default_factory=Counter)
    _seen: set[bytes] = field(default_factory=set)
    _sampled: set[str] = field(default_factory=set)

    def add(self, question: str, model: str, text: str, asked: str = "") -> None:
        """Note an answer; one that was noted before is none."""
        place = _digest(f"{model}\x1f{question}")
        if place in self._seen:
            return
        self._seen.add(place)
        self.counts.setdefault(model, Counter())[_digest(_bare(text))] += 1
        self.pleas[model] += self.pleads(text)
        if len(self._sampled) < SAMPLED:
            self._sampled.add(question)
        if question in self._sampled:
            self.texts.setdefault(model, {})[question] = text[:LONGEST]
            if asked:
                self.questions.setdefault(question, asked[:LONGEST])


def canned(said: Sayings) -> tuple[Canned, ...]:
    """Look at the answers of every contender, by name."""
    repeated = {
        model: _repeated(list(map(_words, texts.values()))) for model, texts in said.texts.items()
    }
    sound = [m for m in sorted(said.texts) if not _one_answer(said, m) and repeated[m] < REPEATED]
    placed = _placed({m: said.texts[m] for m in sound}, said.questions)
    framed = _framed({m: said.texts[m] for m in sound}, said.questions)
    closed = {m for m in said.texts if m not in sound and _goes_along(said.texts, m)}
    return tuple(
        _look(said, m, repeated[m], framed.get(m), placed.get(m), closed=m in closed)
        for m in sorted(said.texts)
    )


def _goes_along(texts: Mapping[str, Mapping[str, str]], model: str) -> bool:
    """Tell whether others say the same on the same question more often than on any question."""
    others = [{q: _bare(t) for q, t in of.items()} for m, of in texts.items() if m != model]
    ever = Counter(text for of in others for text in of.values())
    lead: list[float] = []
    for question, text in texts[model].items():
        if here := [of[question] for of in others if question in of]:
            bare = _bare(text)
            lead.append(here.count(bare) / len(here) - ever[bare] / ever.total())
    if len(lead) < LEAST:
        return False
    error = float(np.std(lead, ddof=1)) / sqrt(len(lead))
    return float(np.mean(lead)) > max(SURE * error, 1e-9)


def _one_answer(said: Sayings, model: str) -> bool:
    counts = said.counts[model]
    return counts.total() >= LEAST and len(counts) <= (1.0 - REPEATED) * counts.total()


def _look(
    said: Sayings,
    model: str,
    repeated: float,
    framed: float | None,
    placed: float | None,
    *,
    closed: bool,
) -> Canned:
    counts = said.counts[model]
    answers, distinct, pleas = counts.total(), len(counts), said.pleas[model]
    reasons: list[str] = []
    if closed:
        pass  # the task leaves few answers
    elif _one_answer(said, model):
        reasons.append(f"{distinct} distinct answer{'s' * (distinct > 1)} to {answers} questions")
    elif repeated >= REPEATED and answers >= LEAST:
        reasons.append(f"{repeated:.0%} of its answers are nearly one with another")
    elif framed is not None and framed >= REPEATED and answers >= LEAST:
        reasons.append(
            f"{framed:.0%} of its answers are nearly one with another, or nothing, without the words of "
            "the question"
        )
    elif placed is not None and placed < PLACED:
        reasons.append(
            f"its answers go with their own question hardly better than with another ({placed:.0%}; a "
            "coin has 50%)"
        )
    if answers >= LEAST and pleas >= PLEAS * answers:
        reasons.append(f"{pleas} of {answers} answers speak to the judge")
    return Canned(model, answers, distinct, repeated, framed, placed, pleas, tuple(reasons))


def _repeated(texts: Sequence[Sequence[str]]) -> float:
    """Return the share of texts, word by word, that nearly repeat another one."""
    if len(texts) < 2:
        return 0.0
    bits = np.stack([_bits([*words, *map(" ".join, pairwise(words))]) for words in texts])
    shared = bits @ bits.T
    size = np.diag(shared)
    alike = shared >= ALIKE * (size[:, None] + size - shared)
    np.fill_diagonal(alike, False)
    return float(alike.any(axis=1).mean())


def _framed(texts: Mapping[str, Mapping[str, str]], asked: Mapping[str, str]) -> dict[str, float]:
    """Return the share of each contender's answers that say the question over, and else nothing of it.

    Where a question is not known, its words are those that the others say there. Nothing is told where
    most others do so too: then it is what the tasks ask for.
    """
    words = {m: {q: WORD.findall(t.lower()) for q, t in of.items()} for m, of in texts.items()}
    questions = {q: set(WORD.findall(text.lower())) for q, text in asked.items()}
    met: dict[str, Counter[str]] = {}
    for of in words.values():
        for question, told in of.items():
            met.setdefault(question, Counter()).update(set(told))
    found: dict[str, float] = {}
    for model, of in words.items():
        there = {
            q: questions[q] if q in questions else set(met[q] - Counter(set(told)))
            for q, told in of.items()
        }
        frames = _frames(of, there)
        echoes = sum(_is_echo(told, questions.get(q, ())) for q, told in of.items())
        found[model] = (_repeated(frames) * len(frames) + echoes) / max(len(of), 1)
    often = sum(share >= REPEATED for share in found.values())
    return {
        model: share
        for model, share in found.items()
        if 2 * (often - (share >= REPEATED)) <= len(found) - 1
    }


def _frames(
    of: Mapping[str, Sequence[str]], there: Mapping[str, Collection[str]]
) -> list[list[str]]:
    """Return what is left of a contender's answers without the words of their questions, if it is a text.

    A word that most of its answers have is no question's own.
    """
    stands = Counter(word for told in of.values() for word in set(told))
    stock = {word for word, count in stands.items() if count >= STOCK * len(of)}
    left = [[w for w in told if w in stock or w not in there[q]] for q, told in of.items()]
    return [told for told in left if len(set(told)) >= FRAME]


def _is_echo(told: Sequence[str], asked: Collection[str]) -> bool:
    """Tell whether an answer says its question over, and no more."""
    said, question = set(told), set(asked)
    return len(said & question) >= ALIKE * len(said | question) > 0 and len(said - question) < FRAME


def _placed(texts: Mapping[str, Mapping[str, str]], asked: Mapping[str, str]) -> dict[str, float]:
    """Return how surely each contender's answers are told to belong to their questions.

    Where two contenders only are known and not what was asked, nobody can say whose answers stray.
    """
    questions = sorted({question for of in texts.values() for question in of})
    at = {question: place for place, question in enumerate(questions)}
    own = {model: _matrix(of, at) for model, of in texts.items()}
    if not own or (len(own) < 3 and not asked):
        return {}
    met = sum(np.minimum(matrix, 1.0) for matrix in own.values()) + _matrix(asked, at)
    rare = np.log((1.0 + len(own) * len(questions)) / (1.0 + met.sum(axis=0)))
    found: dict[str, float] = {}
    for model, matrix in own.items():
        rows = [at[q] for q in texts[model]]
        goes = unit_rows((met - matrix) * rare)[rows]
        if len(rows) < LEAST_PLACED or not goes.any(axis=1).all():
            continue
        close = unit_rows(matrix[rows] * rare) @ goes.T
        own_close = np.diag(close)[:, None]
        better = (own_close > close).sum(axis=1) + 0.5 * ((own_close == close).sum(axis=1) - 1)
        found[model] = float((better / (len(rows) - 1)).mean())
    return found


def _matrix(texts: Mapping[str, str], at: Mapping[str, int]) -> Vectors:
    found = np.zeros((len(at), WIDTH), dtype=np.float32)
    for question, text in texts.items():
        if question in at:
            found[at[question]] = _bits(_words(text))
    return found


def _bits(words: Iterable[str]) -> Vectors:
    found = np.zeros(WIDTH, dtype=np.float32)
    found[[crc32(word.encode("utf-8", "replace")) % WIDTH for word in words]] = 1.0
    return found


def _words(text: str) -> list[str]:
    """Return the words of a text; one without spaces is taken letter by letter."""
    words = text.lower().split()
    return words if len(words) > 3 or len(text) < 20 else list(text)


def _bare(text: str) -> str:
    return " ".join(text.lower().split())


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
