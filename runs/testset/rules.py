"""Comparing the rules of decontamination on pairs of texts that say the same."""

from pathlib import Path

from ...agents.errors import UserError
from ...tools.decontamination import (
    CharacterRule,
    Comparison,
    EmbeddingRule,
    MinHashRule,
    NgramRule,
    Rule,
    WordRule,
    compare,
)
from ..config.embedding import with_embedding
from ..opening import Opening
from .config import SetConfig, TfidfSettings
from .make import open_embedder
from .prompts import sound_rows

PAIRS = (
    ("text", "rephrased"),
    ("prompt", "rephrased"),
    ("question", "rephrased"),
    ("test_question", "rephrased_question"),
)
"""Columns that a file of pairs may have."""
TFIDF_THRESHOLD, MODEL_THRESHOLD = 0.77, 0.82
"""Cosines of embeddings without weights, and of a small sentence-transformers model, at 1 %."""


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Return the pairs of a file; rows with a blank side are left out.

    Raises:
        UserError: a row has no pair of columns that is known.
    """
    pairs = []
    for number, row in sound_rows(path):
        names = next((pair for pair in PAIRS if set(pair) <= row.keys()), None)
        if names is None:
            known = " or ".join(" and ".join(pair) for pair in PAIRS)
            raise UserError(f"{path}: row {number}: has {', '.join(row)}; needs {known}")
        one, other = (str(row[name] or "").strip() for name in names)
        if one and other:
            pairs.append((one, other))
    if not pairs:
        raise UserError(f"{path}: holds no pairs")
    return pairs


async def compare_rules(
    pairs: list[tuple[str, str]], config: SetConfig, ledger: Path
) -> list[Comparison]:
    """Return what every rule finds of the pairs, with the configured embeddings among them.

    Raises:
        UserError: the configured embedder cannot work.
    """
    settings = config.testset.decontamination
    opening = Opening(with_embedding({}, config.embedding), config)
    async with opening.beside(ledger) as door:
        try:
            embedder = open_embedder(config, door.door)
            plain = isinstance(config.embedding, TfidfSettings)
            embedding = EmbeddingRule(
                embedder,
                settings.embedding or (TFIDF_THRESHOLD if plain else MODEL_THRESHOLD),
                name="embedding",
            )
            rules: list[Rule] = [
                NgramRule(13),
                NgramRule(8, settings.containment or 0.5),
                MinHashRule(),
                embedding,
                WordRule(),
                CharacterRule(settings.characters or 0.27),
            ]
        except ValueError as error:
            raise UserError(str(error)) from error
        return await compare(rules, pairs)
