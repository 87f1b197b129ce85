"""The config of a test set: which model rates, what embeds, and how prompts are chosen.

    models: {gpt: {provider: openai, model: gpt-4.1-mini}}
    rater: gpt
    embedding: {provider: sentence_transformers, model: thenlper/gte-large}
    testset: {criteria: {use: filter}}

A run's config works too: its `cast.default` rates.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from ...agents.errors import UserError
from ...agents.models.embedding import EmbeddingSettings
from ...agents.models.settings import ModelSettings, OfflineSettings
from ...graphs.testset.settings import SamplingSettings
from ..config.config import BudgetSettings, ExecutionSettings, RunConfig
from ..config.explain import explain
from ..config.origin import Origin, join
from ..config.pasted import pasted_keys


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TfidfSettings(_Section):
    """Hashed TF-IDF and truncated SVD: no weights, fitted on the prompts."""

    provider: Literal["tfidf"] = "tfidf"
    dimensions: PositiveInt = 256


class SentenceSettings(_Section):
    """A local sentence-transformers model."""

    provider: Literal["sentence_transformers"]
    model: str
    """Its name on the hub, or its folder."""


Embedding = Annotated[
    TfidfSettings | SentenceSettings | EmbeddingSettings, Field(discriminator="provider")
]


class SetConfig(_Section):
    """Everything a test set needs besides its prompts."""

    models: dict[str, ModelSettings] = {"rater": OfflineSettings(provider="offline", model="judge")}
    rater: str = ""
    """Alias of the model that rates difficulty and labels criteria; empty: the only model."""
    embedding: Embedding = TfidfSettings()
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


def keeping_passages(config: SetConfig) -> SetConfig:
    """Return a config that keeps prompts which share only their passage with training rows."""
    sampling = config.testset
    kept = sampling.decontamination.model_copy(update={"shared_passages": "keep"})
    sampling = sampling.model_copy(update={"decontamination": kept})
    return config.model_copy(update={"testset": sampling})


def load_set_config(source: str | Path | Mapping[str, Any] | None) -> SetConfig:
    """Return the config of a file or mapping; None: the embedded models rate.

    Raises:
        UserError: place, field, value found and what is allowed, of everything that is wrong.
    """
    if source is None:
        return SetConfig()
    origin = Origin.of(source)
    findings = list(pasted_keys(origin.data))
    hidden = {loc for loc, _ in findings}
    config: SetConfig | None = None
    try:
        config = SetConfig.model_validate(_own(origin.data))
    except ValidationError as error:
        findings += [f for f in explain(error, SetConfig) if f[0] not in hidden]
    if findings or config is None:
        raise UserError(
            join(f"{origin.where(loc, hide=loc in hidden)}: {words}" for loc, words in findings)
        )
    return config


def _own(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what concerns a test set in a config that may be a run's."""
    foreign = RunConfig.model_fields.keys() - SetConfig.model_fields.keys()
    own = {name: value for name, value in data.items() if name not in foreign}
    cast = data.get("cast")
    if "rater" not in own and isinstance(cast, Mapping):
        own["rater"] = cast.get("default", "")
    return own
