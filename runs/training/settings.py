"""The config's section `training`: who trains the target on a round's rows, on what, and how."""

from collections.abc import Iterator, Mapping
from os.path import isdir
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from ...agents.cast import Cast
from ...agents.models.base_settings import Device, Dtype
from ...agents.models.settings import ModelSettings, TransformersSettings
from ...graphs.settings import EvaluationSettings
from ..config.load import Section

Step = Literal["sft", "dpo", "reward", "ppo", "grpo", "rloo"]
ORDER: tuple[Step, ...] = ("sft", "dpo", "reward", "ppo", "grpo", "rloo")
"""What a round does, in this order, as Arena Learning does (sft, dpo, reward, ppo); each is optional."""
REWARDED: frozenset[Step] = frozenset({"ppo", "grpo", "rloo"})
"""Steps that learn from rewards of what the model writes itself."""

HOW = {"device", "save_every", "timeout_s"}
"""Fields that do not decide what comes out, but for the last digits."""


class StepSettings(Section):
    """What each step has."""

    learning_rate: PositiveFloat
    epochs: PositiveFloat = 1.0
    """Times that each row is seen."""
    fixed_updates: PositiveInt | None = None
    """In the place of `epochs`: updates in all (of `ppo`, batches of answers), however many rows."""
    batch: PositiveInt = 8
    """Rows behind one update."""


class RowSettings(StepSettings):
    """What each step has that learns from rows as they are."""

    at_once: PositiveInt | None = None
    """Rows of a batch that are in memory at a time: the fewer, the less of it is needed. The same is
    learned, but for the last digits and for a last batch that does not fall into equal parts. None takes
    all."""

    @model_validator(mode="after")
    def _in_equal_parts(self) -> Self:
        if self.batch % (self.at_once or 1):
            raise ValueError(
                f"at_once: a batch of {self.batch} does not fall into parts of {self.at_once}"
            )
        return self


class SftSettings(RowSettings):
    """Learning to write what won."""

    learning_rate: PositiveFloat = 2e-5
    epochs: PositiveFloat = 3.0


class DpoSettings(RowSettings):
    """Learning to prefer what won over what lost."""

    learning_rate: PositiveFloat = 1e-6
    beta: PositiveFloat = 0.1
    """How closely it keeps to what it was before."""


class RewardStepSettings(RowSettings):
    """A reward model from the preference rows: what PPO is led by where no checker decides."""

    learning_rate: PositiveFloat = 1e-5


class PpoSettings(StepSettings):
    """Writing, being rewarded, and writing more of what was rewarded."""

    learning_rate: PositiveFloat = 1e-6
    value_learning_rate: PositiveFloat = 1e-4
    """Of the head that foretells the reward."""
    updates: PositiveInt = 4
    """Times that the answers of one batch are learned from."""
    batch: PositiveInt = 32
    """Answers written between two looks at the rewards."""
    minibatch: PositiveInt = 8
    max_tokens: PositiveInt = 128
    """Longest answer."""
    temperature: PositiveFloat = 1.0
    clip: PositiveFloat = 0.2
    """How far an update may move the chance of a token, as a share."""
    kl: float = Field(default=0.05, ge=0)
    """Price of leaving what it was before: taken off the reward for each nat of it."""
    gamma: float = Field(default=1.0, gt=0, le=1)
    lam: float = Field(default=0.95, ge=0, le=1)


class GroupSettings(StepSettings):
    """Writing several answers to a prompt, and more of what earned more than the others did."""

    learning_rate: PositiveFloat = 1e-6
    batch: PositiveInt = 32
    """Answers behind one update: a multiple of `generations`."""
    generations: int = Field(default=8, ge=2)
    """Answers to one prompt."""
    max_tokens: PositiveInt = 128
    """Longest answer."""
    temperature: PositiveFloat = 1.0
    kl: float = Field(default=0.0, ge=0)
    """Price of leaving what it was before."""

    @model_validator(mode="after")
    def _of_groups(self) -> Self:
        if self.batch % self.generations:
            raise ValueError(
                f"batch: {self.batch} is no multiple of generations, {self.generations}: an update "
                "takes whole groups"
            )
        return self


class LoraSettings(Section):
    """Training a few numbers beside the weights, which are added to them at the end."""

    rank: PositiveInt = 16
    alpha: PositiveInt = 32
    dropout: float = Field(default=0.0, ge=0, lt=1)


class TrainingSettings(Section):
    """Who trains, and how."""

    backend: Literal["export", "trl", "command"] = "export"
    """`export`: nobody here, the rows lie ready; `trl`: on this machine (extra `train`); `command`: a
    program of yours, which gets files and gives a folder or an endpoint back."""
    steps: tuple[Step, ...] = Field(default=("sft",), min_length=1)
    base: str = ""
    """Folder or hub name of the weights that the first round starts from; empty where the target's own
    `model` says it (`provider: transformers`). Later rounds start from the target in force, or from a
    candidate that was held although it won more than it lost."""
    replay: float = Field(default=0.5, ge=0, le=1)
    """Share of the rows of earlier rounds that is learned again, so that they are not forgotten."""
    device: Device = "auto"
    dtype: Dtype = "auto"
    """What is computed in; weights that are trained themselves, not by adapters, stay in float32."""
    max_length: PositiveInt = 1024
    """Tokens of a row; longer ones are left out and counted."""
    lora: LoraSettings | None = None
    """None trains all weights."""
    save_every: PositiveInt = 50
    """Updates between two checkpoints: what a killed training loses at most."""
    sft: SftSettings = SftSettings()
    dpo: DpoSettings = DpoSettings()
    reward: RewardStepSettings = RewardStepSettings()
    ppo: PpoSettings = PpoSettings()
    grpo: GroupSettings = GroupSettings()
    rloo: GroupSettings = GroupSettings(kl=0.05)
    command: tuple[str, ...] = ()
    """Of `backend: command`: the program and its arguments; see `runs/training/command.py`."""
    timeout_s: PositiveFloat | None = None
    """Seconds after which the command is ended."""

    @field_validator("base")
    @classmethod
    def _found_again(cls, base: str) -> str:
        """Write a folder's path out in full: a resume may start elsewhere."""
        return str(Path(base).absolute()) if isdir(base) else base

    def what(self) -> dict[str, Any]:
        """Return only what decides what comes out, as plain data: the same wherever it is done."""
        told = self.model_dump(mode="json", exclude=HOW, exclude_defaults=True)
        for step in ("sft", "dpo", "reward"):
            if told.get(step, {}).pop("at_once", None) and not told[step]:
                del told[step]
        if Path(self.base).is_absolute():
            told["base"] = Path(self.base).name
        return told

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(set(self.steps)) < len(self.steps):
            raise ValueError(f"steps: {list(self.steps)} names a step twice")
        if (self.backend == "command") != bool(self.command):
            raise ValueError(
                "command: names the program of backend `command`; set both, or neither"
            )
        return self


def training_faults(
    training: TrainingSettings,
    cast: Cast,
    models: Mapping[str, ModelSettings],
    evaluation: EvaluationSettings,
) -> Iterator[str]:
    """Yield what cannot work, each as a message that begins with its field."""
    yield from _of_one_name(models)
    if training.backend == "export":
        return
    if not training.base and not isinstance(models.get(cast.target), TransformersSettings):
        yield (
            f"training.base: is empty, and {cast.target!r} is no model of provider transformers: name the "
            "folder of the weights to train, or serve the target with provider: transformers"
        )
    if not cast.evaluation_jury or not evaluation.held_out:
        yield (
            "training.backend: a trained target is promoted by held-out battles, and there are none; name "
            "jurors in cast.evaluation_jury, and set evaluation.held_out above 0"
        )


def _of_one_name(models: Mapping[str, ModelSettings]) -> Iterator[str]:
    """Yield a message for folders that the ledger could not tell apart."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for alias, model in models.items():
        if isinstance(model, TransformersSettings):
            first, folder = known.setdefault((model.name, model.version), (alias, model.model))
            if folder != model.model:
                yield (
                    f"models.{alias}.version: its folder has the same name as that of {first!r} "
                    f"({model.name}); say a version of each, so that answers are told apart"
                )
