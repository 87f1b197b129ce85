"""What is said about every model, whoever serves it: how fast it may be asked, what it costs."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

# Maker by the names their models carry; only these are guessed, anything else is its own family.
_FAMILIES = {
    "gpt": r"(^|/)(gpt-|chatgpt|o[134](-|$))",
    "claude": r"claude",
    "gemini": r"gemini|gemma",
    "llama": r"llama",
    "qwen": r"qwen|qwq",
    "mistral": r"mistral|mixtral|ministral|codestral",
    "deepseek": r"deepseek",
    "phi": r"(^|/)phi-?\d",
    "command": r"command-?(r|a)",
    "grok": r"grok",
}


Device = Literal["auto", "cuda", "mps", "cpu"]
"""`auto` takes the first of them that torch sees."""
Dtype = Literal["auto", "float32", "bfloat16"]
"""Numbers of a model's weights; `auto` takes bfloat16 on CUDA, where it is sound, else float32."""


def family_of(model: str) -> str:
    """Return the family that a model's name tells, or the name itself."""
    name = model.lower()
    return next((f for f, pattern in _FAMILIES.items() if re.search(pattern, name)), name)


class Price(BaseModel):
    """USD per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    input: float = Field(default=0.0, ge=0)
    output: float = Field(default=0.0, ge=0)

    @property
    def free(self) -> bool:
        """Whether calls cost nothing, as far as anybody said."""
        return not self.input and not self.output


class BaseSettings(BaseModel):
    """What every provider has."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: str
    version: str = ""
    """Which weights, where two models share a name: an answer of another version is another answer."""
    family: str = ""
    """Who made it; empty means guessed from the name. No juror judges its own family."""
    price: Price = Price()
    concurrency: Literal["auto"] | Annotated[int, Field(gt=0, le=10_000)] = "auto"
    """Calls in flight at most; `auto` adapts to the endpoint."""
    rpm: PositiveInt | None = None
    tpm: PositiveInt | None = None
    timeout_s: float = Field(default=120.0, gt=0, le=86_400)
    """Seconds for one attempt; up to four times as many once a model is known to be that slow, or after
    an attempt that was not answered in time."""
    retries: int = Field(default=6, ge=0, le=100)
    """Further attempts after a failed one, with jittered back-off."""
    max_tokens: int = Field(default=2048, gt=0, le=10_000_000)
    temperature: float | None = Field(default=None, ge=0, le=100)
    """None leaves it to the endpoint."""
    context_window: PositiveInt | None = None
    """Tokens of prompt and reply together; None asks the server, and sets no limit if it does not say."""

    @property
    def name(self) -> str:
        """What it is called in the ledger and in the dataset."""
        return self.model

    @property
    def small(self) -> bool:
        """Whether it is spoken to as a small model."""
        return False

    @property
    def terse(self) -> bool:
        """Whether it is asked for no reasons: it is small, and no grammar brings it back to the point."""
        return False

    @property
    def maker(self) -> str:
        """The family: as configured, or guessed from well-known names, or the model's own name."""
        return self.family or family_of(self.model)
