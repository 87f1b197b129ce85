"""What a user says about one model: who serves it, how fast it may be asked, what it costs."""

import os
from os.path import isdir
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from .base_settings import BaseSettings, Device, Dtype, family_of


class EndpointSettings(BaseSettings):
    """A model behind an address."""

    base_url: str = ""
    """Empty means `OPENAI_BASE_URL`, or OpenAI's own. A deployment of Azure ends in `?api-version=…`."""
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key; the key itself is never configured."""
    params: dict[str, Any] = {}
    """Further request fields, sent as they are (`top_p`, `reasoning_effort`, …)."""

    @property
    def endpoint(self) -> str:
        """The base URL, resolved."""
        url = self.base_url or os.environ.get("OPENAI_BASE_URL", "") or "https://api.openai.com/v1"
        return url.rstrip("/")


class _Written(BaseSettings):
    """How a model that writes is asked for structure."""

    structured: Literal["auto", "schema", "json", "prompt"] = "auto"
    """How structure is asked for; `auto` tries JSON schema and steps down when the endpoint refuses it."""
    style: Literal["full", "small"] = "full"
    """`small`: short prompts, few fields, an example; for models of less than about 3 billion parameters."""

    @property
    def small(self) -> bool:
        """As its `style` says."""
        return self.style == "small"

    @property
    def terse(self) -> bool:
        """As above; `structured: auto` is taken to find a grammar."""
        return self.small and self.structured == "prompt"


class OpenAISettings(_Written, EndpointSettings):
    """A model behind any OpenAI-compatible endpoint."""

    provider: Literal["openai"]


class LocalSettings(_Written):
    """A language model on this machine: llama.cpp's server, started and stopped by whoever runs it."""

    provider: Literal["local"]
    model: str = "smollm2"
    """`smollm2`, which the extra `local` brings, or the path of a GGUF file."""
    style: Literal["full", "small"] = "small"
    threads: PositiveInt | None = None
    """Of the server; None for as many as there are cores."""
    slots: PositiveInt = 4
    """Requests that the server answers at a time."""
    context_window: PositiveInt | None = 4096
    """Tokens of prompt and reply together, for each of them; None for what the model was trained for."""
    timeout_s: PositiveFloat = 300.0
    params: dict[str, Any] = {}
    """Further request fields, sent as they are (`frequency_penalty`, …)."""

    @model_validator(mode="before")
    @classmethod
    def _as_many_as_slots(cls, data: Any) -> Any:
        """Ask no more at a time than it answers at a time: what waits there would look slow."""
        return {"concurrency": data.get("slots", 4), **data} if isinstance(data, dict) else data

    @property
    def endpoint(self) -> str:
        """The model, as it is told of."""
        return f"local:{self.model}"

    @property
    def server(self) -> tuple[str, int | None, int, int | None]:
        """What its server is started with: aliases that agree in it share one."""
        return (self.model, self.threads, self.slots, self.context_window)


class EmbeddingSettings(OpenAISettings):
    """An embedding model behind any OpenAI-compatible endpoint."""

    provider: Literal["openai"]
    batch: PositiveInt = 64
    """Texts a request."""


class RewardSettings(EndpointSettings):
    """A reward model behind an endpoint: it scores one answer, and judges by the difference of two."""

    provider: Literal["reward"]
    route: Literal["pooling", "classify", "score"] = "pooling"
    """Where the server scores: vLLM has reward models at `/pooling`, sequence classifiers at
    `/classify` and cross-encoders, which read prompt and answer apart, at `/v1/score`."""
    scale: PositiveFloat = 1.0
    """Difference of two rewards that makes a win 73 % likely (1 in log-odds); `arenainstruct audit`
    prints the one that fits best."""
    max_tokens: PositiveInt = 1
    """A reward is one number: nothing is written."""


class ClassifierSettings(BaseSettings):
    """A reward model on this machine: a sequence classifier of transformers (extra `reward`)."""

    provider: Literal["classifier"]
    model: str
    """Its folder, or its name on the hub."""
    batch: PositiveInt = 8
    """Answers scored together at most, on a GPU."""
    scale: PositiveFloat = 1.0
    """As that of `RewardSettings`."""
    max_tokens: PositiveInt = 1
    """A reward is one number: nothing is written."""

    @property
    def endpoint(self) -> str:
        """The folder or the name: what it bears is shared by those who use it."""
        return f"classifier:{self.model}"


class TransformersSettings(BaseSettings):
    """A causal language model in this process: a folder in Hugging Face form (extra `train`)."""

    provider: Literal["transformers"]
    model: str
    """Its folder, or its name on the hub. A folder may move: `version` tells two of one name apart."""
    device: Device = "auto"
    dtype: Dtype = "auto"
    """A CPU that computes with bfloat16 itself writes 1.7 times as fast in it."""
    batch: PositiveInt = 16
    """Rows of every pass; fewer that wait are filled up, so that a reply never depends on the others."""
    max_tokens: PositiveInt = 512
    style: Literal["full", "small"] = "full"
    """As that of `OpenAISettings`."""

    @field_validator("model")
    @classmethod
    def _found_again(cls, model: str) -> str:
        """Write a folder's path out in full: a resume may start elsewhere."""
        return str(Path(model).absolute()) if isdir(model) else model

    @property
    def endpoint(self) -> str:
        """The folder or the name: aliases of it are written together."""
        return f"transformers:{self.model}"

    @property
    def name(self) -> str:
        """The folder's own name: where it lies tells nothing of what it says."""
        return Path(self.model).name if Path(self.model).is_absolute() else self.model

    @property
    def maker(self) -> str:
        """The family: as configured, or guessed from the last part of its name."""
        return self.family or family_of(Path(self.model).name)

    @property
    def small(self) -> bool:
        """As its `style` says."""
        return self.style == "small"

    @property
    def terse(self) -> bool:
        """No grammar holds it to JSON."""
        return self.small


class OfflineSettings(BaseSettings):
    """The embedded models: classical text processing, no key and no network."""

    provider: Literal["offline"]
    model: str = Field(pattern="^(weak|medium|strong|judge)$")
    position_bias: float = Field(default=0.0, ge=-5, le=5)
    """Points a juror adds to the answer shown first."""
    noise: float = Field(default=0.0, ge=0, le=5)
    """Standard deviation of a juror's scores, in points."""
    salt: int = 0
    """Makes two models of the same strength differ."""

    @property
    def endpoint(self) -> str:
        """Embedded models have no address."""
        return "offline"

    @property
    def maker(self) -> str:
        """Each strength and salt is a family of its own."""
        return self.family or f"offline-{self.model}-{self.salt}"


class MendedSettings(BaseSettings):
    """Another model whose answers a program mends: a contender to learn form from.

    They then keep the constraints that their prompt asks for in the words of `instruction_following`.
    """

    provider: Literal["mended"]
    model: str = "mended"
    of: "ModelSettings"
    """The model that writes, as one of `models`; how long its answers may be is said there."""

    @model_validator(mode="after")
    def _as_long(self) -> Self:
        """Tell whoever looks for answers that were cut off how long they may be."""
        object.__setattr__(self, "max_tokens", self.of.max_tokens)
        return self

    @property
    def endpoint(self) -> str:
        """Where the model that writes is served."""
        return self.of.endpoint

    @property
    def maker(self) -> str:
        """The family: as configured, or of the model that writes."""
        return self.family or self.of.maker


class RecordedSettings(BaseSettings):
    """Answers or verdicts read from a file, so that existing outputs can battle."""

    provider: Literal["recorded"]
    file: str
    """JSONL, CSV (also .gz) or Parquet. Answers: `model`, `output`, and `prompt` or `question_id`.
    Verdicts: `question_id`, `model_a` (shown first), `model_b`, `winner` (also graded: `A>>B` to
    `B>>A`), and `judge` if several."""
    column: str = "output"
    """Where the answers stand; a null there falls back to `output`."""

    @property
    def endpoint(self) -> str:
        """The file."""
        return f"recorded:{self.file}"


class ScriptedSettings(BaseSettings):
    """A model for tests: a Python function answers, named as `package.module:function`."""

    provider: Literal["scripted"]
    script: str

    @property
    def endpoint(self) -> str:
        """The function's name."""
        return f"scripted:{self.script}"


class ProgramSettings(BaseSettings):
    """A contender that is a program: what `model` names is made with `arguments`, and answers prompts."""

    provider: Literal["program"]
    model: str
    """Who answers, as `package.module:name`."""
    arguments: dict[str, Any] = {}

    @property
    def endpoint(self) -> str:
        """Programs have no address."""
        return "program"

    @property
    def maker(self) -> str:
        """Each program with other arguments is a family of its own."""
        return self.family or f"{self.model} {self.arguments}"


ModelSettings = Annotated[
    OpenAISettings
    | LocalSettings
    | RewardSettings
    | ClassifierSettings
    | TransformersSettings
    | OfflineSettings
    | MendedSettings
    | RecordedSettings
    | ScriptedSettings
    | ProgramSettings,
    Field(discriminator="provider"),
]
RewardModel = RewardSettings | ClassifierSettings
"""Models that score one answer instead of writing a verdict on two."""
MendedSettings.model_rebuild()
