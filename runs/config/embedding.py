"""The config's section `embedding`: what turns texts into vectors, where words alone do not tell enough."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from ...agents.models.settings import EmbeddingSettings, ModelSettings
from .load import Section

EMBEDDING = "embedding"
"""The alias of an embedding endpoint at the door: the section's own name."""


class SentenceSettings(Section):
    """A local sentence-transformers model."""

    provider: Literal["sentence_transformers"]
    model: str
    """Its name on the hub, or its folder."""


Embedding = Annotated[SentenceSettings | EmbeddingSettings, Field(discriminator="provider")]


def with_embedding(
    models: Mapping[str, ModelSettings], embedding: object
) -> dict[str, ModelSettings]:
    """Return models with the embedding endpoint, if there is one, among them: its calls are paid too."""
    more = {EMBEDDING: embedding} if isinstance(embedding, EmbeddingSettings) else {}
    return {**models, **more}
