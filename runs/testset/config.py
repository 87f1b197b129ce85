"""The config of a test set: which model rates, what embeds, and how prompts are chosen.

    models: {gpt: {provider: openai, model: gpt-4.1-mini}}
    rater: gpt
    embedding: {provider: sentence_transformers, model: thenlper/gte-large}
    testset: {criteria: {use: filter}}

A run's config works too: its `cast.default` rates.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from ...agents.models.settings import EmbeddingSettings, ModelSettings, OfflineSettings
from ...graphs.testset.settings import SamplingSettings
from ..config.config import OfRun
from ..config.embedding import SentenceSettings
from ..config.load import BudgetSettings, ExecutionSettings, Section


class TfidfSettings(Section):
    """Hashed TF-IDF and truncated SVD: no weights, fitted on the prompts."""

    provider: Literal["tfidf"] = "tfidf"
    dimensions: PositiveInt = 256


class SetConfig(OfRun):
    """Everything a test set needs besides its prompts."""

    models: dict[str, ModelSettings] = {"rater": OfflineSettings(provider="offline", model="judge")}
    rater: str = ""
    """Alias of the model that rates difficulty and labels criteria; empty: the only model."""
    embedding: Annotated[
        TfidfSettings | SentenceSettings | EmbeddingSettings, Field(discriminator="provider")
    ] = TfidfSettings()
    testset: SamplingSettings = SamplingSettings()
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    budget: BudgetSettings = BudgetSettings()
    execution: ExecutionSettings = ExecutionSettings()

    @model_validator(mode="after")
    def _rater_is_known(self) -> Self:
        if self.alias not in self.models:
            raise ValueError(
                f"rater: found {self.rater!r}; name one of models: {', '.join(self.models)}"
            )
        return self

    @property
    def alias(self) -> str:
        """The rater's alias."""
        return self.rater or (next(iter(self.models)) if len(self.models) == 1 else "")

    @classmethod
    def own(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what concerns a test set in a config that may be a run's: its `cast.default` rates."""
        own = super().own(data)
        cast = data.get("cast")
        if "rater" not in own and isinstance(cast, Mapping):
            own["rater"] = cast.get("default", "")
        return own


def keeping_passages(config: SetConfig) -> SetConfig:
    """Return a config that keeps prompts which share only their passage with training rows."""
    sampling = config.testset
    kept = sampling.decontamination.model_copy(update={"shared_passages": "keep"})
    sampling = sampling.model_copy(update={"decontamination": kept})
    return config.model_copy(update={"testset": sampling})
