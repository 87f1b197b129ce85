"""Prompts that stand in training rows, whole or with their passage alone."""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...tools.decontamination.cosine import CharacterRule, EmbeddingRule
from ...tools.decontamination.ngrams import NgramRule
from ...tools.decontamination.passages import asks, without
from ...tools.decontamination.rule import Match, Rule, Scores, nearest, reaching
from ...tools.embedding import Embedder
from ...tools.minhash import UNSPACED
from .prompt import EXCERPT, Prompt, Removed, TrainingText, excerpt
from .settings import DecontaminationSettings


def rules(settings: DecontaminationSettings, embedder: Embedder) -> list[Rule]:
    """Return the rules that are switched on, the surest first."""
    chosen: list[Rule] = []
    if settings.containment is not None:
        chosen.append(NgramRule(settings.ngram, settings.containment))
    if settings.characters is not None:
        chosen.append(CharacterRule(settings.characters))
    if settings.embedding is not None:
        chosen.append(EmbeddingRule(embedder, settings.embedding))
    return chosen


MATES = 2
"""Other prompts that hold all that a prompt shares with a row, from which they share a form alone."""
_WORD = re.compile(r"\w+")


class _NotByForm:
    """A rule that scores 0 where a prompt and a row share no more than a form that prompts are made by.

    "Explain black holes to a child" is like "Explain string theory to a child" as a whole. But all words
    that the two share stand in other prompts too, and what those ask is something else. Texts in scripts
    without spaces have no such words: they are left to the rule alone.
    """

    def __init__(self, rule: Rule, prompts: Iterable[Prompt]) -> None:
        self.name, self.threshold = rule.name, rule.threshold
        self._rule = rule
        # A passage is no form: prompts about one share its words since they are about it.
        alone = [prompt for prompt in prompts if not prompt.passage]
        texts = {text for prompt in alone for text in _looked_for(prompt)}
        self._texts = {text for text in texts if not UNSPACED.search(text)}
        self._holders: dict[str, int] = {}
        """The prompts that hold each word, as bits."""
        for number, prompt in enumerate(alone):
            for word in _words(prompt.text):
                self._holders[word] = self._holders.get(word, 0) | 1 << number

    async def blocks(self, texts: Sequence[str], rows: Sequence[str]) -> AsyncIterator[Scores]:
        """Yield the scores, block by block."""
        mine = [_words(text) if text in self._texts else None for text in texts]
        start = 0
        async for scores in self._rule.blocks(texts, rows):
            ats, others = np.nonzero(scores >= self.threshold)
            yours = {other: _words(rows[start + other]) for other in set(others.tolist())}
            for at, other in zip(ats.tolist(), others.tolist(), strict=True):
                own, theirs = mine[at], yours[other]
                if own is not None and own != theirs and self._is_form(own & theirs):
                    scores[at, other] = 0.0
            yield scores
            start += scores.shape[1]

    def _is_form(self, shared: frozenset[str]) -> bool:
        found = -1 if shared else 0
        for word in shared:
            found &= self._holders.get(word, 0)
        return found.bit_count() > MATES


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


@dataclass(frozen=True, slots=True)
class Training:
    """What prompts are compared with, and how."""

    rows: Sequence[TrainingText]
    rules: Sequence[Rule]
    same_task: float
    """Cosine from which two tasks about one passage are the same."""


async def contaminated(prompts: Sequence[Prompt], training: Training) -> list[Removed]:
    """Return the prompts found in training rows, each by the first rule that finds it.

    A conversation is found by all its user turns together or by its first one: later turns alone
    ("now shorter, please") stand in many rows. A prompt about a passage is `contaminated` when a row
    asks the same about it, and shares its passage (`shared_passage`) when the rows ask other things.
    """
    found: dict[str, Removed] = {}
    texts = [row.text for row in training.rows]
    pairs = [(p, text) for p in prompts for text in _looked_for(p)]
    training = replace(training, rules=[_NotByForm(rule, prompts) for rule in training.rules])
    for rule in training.rules:
        left = [(p, text) for p, text in pairs if p.id not in found]
        matches = await nearest(rule, [text for _, text in left], texts)
        for (prompt, _), match in zip(left, matches, strict=True):
            if match.score >= rule.threshold and prompt.id not in found:
                found[prompt.id] = _leaked(prompt, rule, match, training.rows[match.row])
    about = [p for p in prompts if p.passage and p.id in found]
    found |= await _told_apart(about, found, training)
    return [found[prompt.id] for prompt in prompts if prompt.id in found]


def _looked_for(prompt: Prompt) -> list[str]:
    texts = (prompt.text, prompt.user_turns[0], prompt.passage)
    return [text for text in dict.fromkeys(texts) if text]


async def _told_apart(
    prompts: Sequence[Prompt], found: dict[str, Removed], training: Training
) -> dict[str, Removed]:
    """Return the prompts about a passage with what the rows ask about it weighed too."""
    near = await _near(prompts, training)
    groups: dict[str, list[Prompt]] = {}
    for prompt in prompts:
        groups.setdefault(prompt.passage, []).append(prompt)
    told: dict[str, Removed] = {}
    for passage, group in groups.items():
        places = sorted({place for prompt in group for place in near[prompt.id]})
        rows = [training.rows[place] for place in places]
        rests = [without(row.text, passage) for row in rows]
        rule = CharacterRule(training.same_task)
        matches = await nearest(rule, [p.task for p in group], rests)
        for prompt, match in zip(group, matches, strict=True):
            match = _verbatim(prompt, rests) or match
            told[prompt.id] = _by_task(prompt, found[prompt.id], match, rule, rows)
    return told


async def _near(prompts: Sequence[Prompt], training: Training) -> dict[str, set[int]]:
    """Return all rows that any rule finds each prompt or its passage in."""
    texts = [row.text for row in training.rows]
    pairs = [(p.id, text) for p in prompts for text in _looked_for(p)]
    near: dict[str, set[int]] = {prompt.id: set() for prompt in prompts}
    for rule in training.rules:
        reached = await reaching(rule, [text for _, text in pairs], texts)
        for (id, _), places in zip(pairs, reached, strict=True):
            near[id].update(places)
    return near


def _verbatim(prompt: Prompt, rests: Sequence[str]) -> Match | None:
    places = (place for place, rest in enumerate(rests) if asks(rest, prompt.task))
    return next((Match(place, 1.0) for place in places), None)


def _by_task(
    prompt: Prompt, leak: Removed, match: Match, rule: Rule, rows: Sequence[TrainingText]
) -> Removed:
    if match.score < rule.threshold:
        detail = f"its passage {leak.detail}, under another task"
        return replace(leak, reason="shared_passage", detail=detail)
    row = rows[match.row]
    return replace(
        leak,
        detail=f"{row.place} asks the same about its passage {_why(rule, match)}",
        rule=rule.name,
        score=match.score,
        matched=row.place,
        matched_text=without(row.text, prompt.passage)[:EXCERPT],
    )


def _leaked(prompt: Prompt, rule: Rule, match: Match, row: TrainingText) -> Removed:
    return Removed(
        prompt.id,
        "contaminated",
        f"stands in {row.place} {_why(rule, match)}",
        text=excerpt(prompt),
        rule=rule.name,
        score=match.score,
        matched=row.place,
        matched_text=row.text[:EXCERPT],
    )


def _why(rule: Rule, match: Match) -> str:
    return f"({rule.name} {match.score:.2f}, {rule.threshold:g} is enough)"
