"""Prompts that repeat each other, or stand in training rows, by the rules of `tools.decontamination`."""

from collections.abc import Sequence

from ...tools.decontamination.characters import CharacterRule
from ...tools.decontamination.embeddings import EmbeddingRule
from ...tools.decontamination.ngrams import NgramRule
from ...tools.decontamination.rule import Match, Rule, nearest
from ...tools.embedding.embedder import Embedder
from .prompt import Prompt, Removed, TrainingText
from .settings import DecontaminationSettings

EXCERPT = 200


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


async def duplicates(prompts: Sequence[Prompt], threshold: float) -> list[Removed]:
    """Return the prompts that nearly repeat an earlier one; of a pair, the later is left out."""
    rule = CharacterRule(threshold)
    texts = [prompt.text for prompt in prompts]
    matches = await nearest(rule, texts, texts, earlier_only=True)
    return [
        Removed(
            prompt.id,
            "duplicate",
            f"repeats {prompts[match.row].id} {_why(rule, match)}",
            rule=rule.name,
            score=match.score,
            matched=prompts[match.row].id,
            matched_text=texts[match.row][:EXCERPT],
        )
        for prompt, match in zip(prompts, matches, strict=True)
        if match.score >= threshold
    ]


async def contaminated(
    prompts: Sequence[Prompt], rows: Sequence[TrainingText], rules: Sequence[Rule]
) -> list[Removed]:
    """Return the prompts found in training rows, each by the first rule that finds it.

    A conversation is found by all its user turns together or by its first one: later turns alone
    ("now shorter, please") stand in many rows.
    """
    found: dict[str, Removed] = {}
    texts = [row.text for row in rows]
    pairs = [(p, text) for p in prompts for text in dict.fromkeys((p.text, p.user_turns[0]))]
    for rule in rules:
        left = [(p, text) for p, text in pairs if p.id not in found]
        matches = await nearest(rule, [text for _, text in left], texts)
        for (prompt, _), match in zip(left, matches, strict=True):
            if match.score >= rule.threshold and prompt.id not in found:
                found[prompt.id] = _leaked(prompt, rule, match, rows[match.row])
    return [found[prompt.id] for prompt in prompts if prompt.id in found]


def _leaked(prompt: Prompt, rule: Rule, match: Match, row: TrainingText) -> Removed:
    return Removed(
        prompt.id,
        "contaminated",
        f"stands in {row.place} {_why(rule, match)}",
        rule=rule.name,
        score=match.score,
        matched=row.place,
        matched_text=row.text[:EXCERPT],
    )


def _why(rule: Rule, match: Match) -> str:
    return f"({rule.name} {match.score:.2f}, {rule.threshold:g} is enough)"
