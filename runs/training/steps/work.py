"""What the steps share: where one works, what it tells, and how it is taken up again after a kill."""

import errno
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from ....agents.models.causal import device_of, dtype_of, out_of_memory
from ....tools.optional import optional
from ..marker import mark, marked
from ..plan import Plan
from ..settings import StepSettings

Kind = Literal["memory", "disk", "diverged", "missing", "other"]


class TrainingEnds(Exception):
    """A training cannot go on; `kind` tells why."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def classified(error: BaseException) -> TrainingEnds:
    """Return what an error of torch, of the disk or of a missing package means."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, TrainingEnds):
        return error
    words = str(error).lower()
    if out_of_memory(error):
        return TrainingEnds("memory", text)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return TrainingEnds("disk", text)
    if "no space left" in words or "errno 28" in words:
        return TrainingEnds("disk", text)
    if isinstance(error, ImportError) or (
        isinstance(error, ValueError) and "is not installed" in words
    ):
        return TrainingEnds("missing", text)
    return TrainingEnds("other", text)


EXTRA = "arenainstruct[train]"
Tell = Callable[..., None]
"""`tell(event, **data)`: a line to whoever started the training."""
Facts = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """One step of a training: from which weights, where, and who hears of it."""

    plan: Plan
    name: str
    base: str
    """Folder or hub name of the weights to start from."""
    folder: Path
    """Of this step alone."""
    tell: Tell

    @property
    def rows(self) -> Path:
        """The folder of the rows."""
        return Path(self.plan.rows)

    @property
    def device(self) -> str:
        """The device that it trains on."""
        return device_of(self.plan.settings.device)

    @property
    def dtype(self) -> Any:
        """The numbers that it computes in."""
        return dtype_of(self.device, self.plan.settings.dtype)

    @property
    def result(self) -> Path:
        """The folder of the weights that it makes."""
        return self.folder / "model"

    def causal(self) -> Any:
        """Return the causal model to train; 32-bit weights, unless only an adapter is trained."""
        torch, transformers = optional("torch", EXTRA), optional("transformers", EXTRA)
        dtype = self.dtype if self.plan.settings.lora else torch.float32
        return transformers.AutoModelForCausalLM.from_pretrained(self.base, dtype=dtype)

    def adapter(self, task: str = "CAUSAL_LM") -> Any:
        """Return peft's settings where LoRA is asked for, else None."""
        lora = self.plan.settings.lora
        if lora is None:
            return None
        return optional("peft", EXTRA).LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules="all-linear",
            task_type=task,
        )

    def arguments(self, settings: StepSettings, **own: Any) -> dict[str, Any]:
        """Return what every trainer of TRL is told."""
        plan, torch = self.plan, optional("torch", EXTRA)
        at_once = getattr(settings, "at_once", None) or settings.batch
        return {
            "output_dir": str(self.folder / "trainer"),
            "learning_rate": settings.learning_rate,
            "num_train_epochs": settings.epochs,
            "max_steps": settings.fixed_updates or -1,
            "per_device_train_batch_size": at_once,
            "gradient_accumulation_steps": settings.batch // at_once,
            "seed": plan.seed,
            "data_seed": plan.seed,
            "use_cpu": self.device == "cpu",
            "bf16": self.dtype == torch.bfloat16,
            "activation_checkpointing": False,
            "save_strategy": "steps",
            "save_steps": plan.settings.save_every,
            "save_total_limit": _KEPT,
            "logging_steps": 1,
            "logging_nan_inf_filter": False,
            "dataloader_pin_memory": self.device == "cuda",
            "disable_tqdm": True,
            "report_to": [],
            **own,
        }

    def train(self, trainer: Any, rows: int, left_out: int) -> Facts:
        """Train, from the last whole checkpoint where there is one, and write the weights.

        Raises:
            TrainingEnds: the loss is no number any more.
        """
        trainer.add_callback(_callback(self))
        trainer.train(resume_from_checkpoint=self.whole_checkpoint())
        model = trainer.model
        if self.plan.settings.lora is not None:
            model = model.merge_and_unload()
        told = trainer.state.log_history
        curves = {name: [log[name] for log in told if name in log] for name in ("loss", "reward")}
        facts = self.came_to(rows, left_out, **curves)
        self.keep(model, trainer.processing_class, facts)
        return facts

    def came_to(self, rows: int, left_out: int, **curves: Sequence[float]) -> Facts:
        """Return what the step came to; `curves` by name: a value for each update."""
        facts = {"step": self.name, "rows": rows, "left_out": left_out, "updates": 0}
        for name, values in curves.items():
            if values:
                first, last = ends(values)
                facts |= {"updates": len(values), f"{name}_first": first, f"{name}_last": last}
        return facts

    def keep(self, model: Any, tokenizer: Any, facts: Facts) -> None:
        """Write weights and tokenizer; the folder has its name once it is whole.

        Raises:
            TrainingEnds: a weight is no number.
        """
        if not all(bool(p.isfinite().all()) for p in model.parameters()):
            raise TrainingEnds("diverged", f"{self.name}: some weights are no numbers any more")
        part = self.folder / "model.part"
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(self.result, ignore_errors=True)
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
        mark(part, facts)
        part.rename(self.result)

    def forget_older(self) -> None:
        """Remove the checkpoints that another one has taken the place of."""
        found = sorted((self.folder / "trainer").glob("checkpoint-*"), key=_number)
        for path in found[:-_KEPT]:
            shutil.rmtree(path)

    def whole_checkpoint(self) -> str | None:
        """Return the last checkpoint that is whole; those that are not are removed."""
        found = (self.folder / "trainer").glob("checkpoint-*")
        for path in sorted(found, key=_number, reverse=True):
            if marked(path) is not None:
                self.tell("resumed", step=self.name, at=_number(path))
                return str(path)
            shutil.rmtree(path)
        return None


_KEPT = 2
"""Checkpoints that are kept: the one before stands until the next one is whole."""


def _number(checkpoint: Path) -> int:
    return int(checkpoint.name.partition("-")[2])


def ends(values: Sequence[float]) -> tuple[float, float]:
    """Return the means of the first and of the last tenth of a curve."""
    tenth = max(1, len(values) // 10)
    return round(fmean(values[:tenth]), 4), round(fmean(values[-tenth:]), 4)


def _callback(work: Work) -> Any:
    transformers = optional("transformers", EXTRA)

    class Watch(transformers.TrainerCallback):  # type: ignore[misc,name-defined]
        """Tells losses, ends a training that diverges, and marks checkpoints that are whole."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if (loss := (logs or {}).get("loss")) is None:
                return
            if not isfinite(loss):
                words = f"{work.name}: the loss is {loss} at update {state.global_step}"
                raise TrainingEnds("diverged", words)
            work.tell(
                "loss",
                step=work.name,
                at=state.global_step,
                of=state.max_steps,
                loss=round(loss, 5),
            )

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            mark(Path(args.output_dir) / f"checkpoint-{state.global_step}", {})

    return Watch()
