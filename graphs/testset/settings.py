"""What a user may tune about a test set."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CriteriaSettings(_Section):
    """Arena-Hard's seven criteria; a prompt's score is how many it meets."""

    use: Literal["label", "filter", "off"] = "label"
    """Label the chosen prompts; label all and filter before choosing; or neither."""
    least_prompt: float = Field(default=5, ge=0, le=7)
    """Prompts below this score are dropped (BenchBuilder's first pass; its second asks for 6)."""
    least_cluster: float = Field(default=3, ge=0, le=7)
    """Clusters whose mean score is below this are dropped (its second pass asks for 6)."""


class DecontaminationSettings(_Section):
    """When a prompt counts as found in training rows; any one rule is enough, None switches it off."""

    characters: float | None = Field(default=0.27, gt=0, le=1)
    """Cosine of TF-IDF over 3 to 5 characters: 93 % of published rephrasings of GSM8K questions at
    1.1 % false positives."""
    ngram: PositiveInt = 8
    """Words an n-gram."""
    containment: float | None = Field(default=0.5, gt=0, le=1)
    """Share of the n-grams of one text inside the other, whichever is the shorter."""
    embedding: float | None = Field(default=None, gt=0, le=1)
    """Cosine of the configured embeddings. 0.82 fits all-MiniLM-L6-v2 (96 % at 1 %); another model
    needs its own: measure it with `--compare-rules`."""
    shared_passages: Literal["drop", "keep"] = "drop"
    """Prompts whose passage stands in training rows under other tasks only. A model has read the
    passage, so they are left out; kept ones name the row in `shares_passage`."""


class SamplingSettings(_Section):
    """How prompts become a test set."""

    clusters: PositiveInt | None = None
    """None: the square root of the number of prompts (WizardArena: 500 for 276,000)."""
    per_cluster: PositiveInt | None = None
    """How many diverse prompts one cluster may give; None: as evenly as the clusters' sizes allow."""
    candidates: PositiveInt = 10
    """Prompts rated for each one of the hard part (WizardArena: 10,000 for 1,000)."""
    near_duplicate: float = Field(default=0.8, gt=0, le=1)
    """Cosine of character TF-IDF from which the later of two prompts is dropped."""
    same_task: float = Field(default=0.6, gt=0, le=1)
    """The same of two tasks about one passage: prompts about it are repeats only from here on. Leaves
    "Translate it into Spanish" and "… into French" (0.56) two tasks, and a "please" no other one."""
    criteria: CriteriaSettings = CriteriaSettings()
    decontamination: DecontaminationSettings = DecontaminationSettings()
